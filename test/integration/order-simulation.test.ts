import { expect } from 'chai';
import { runOrderSchedule } from '../simulation/order/schedule.js';
import { tamperings } from '../simulation/order/tampering.js';

describe('order over workers under simulated faults', () => {
  it('is kept for whoever waits for each answer, in 100 schedules', async () => {
    let answered = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const verdict = await runOrderSchedule(seed);
      expect(verdict.broken, `replay: npm run simulate-order -- --seed ${seed}`).to.deep.equal([]);
      answered += verdict.answered;
    }
    expect(answered).to.be.greaterThan(100_000);
  }).timeout(300_000);

  for (const [rule, tampering] of Object.entries(tamperings)) {
    it(`is broken without the rule of ${rule}`, async () => {
      for (let seed = 1; seed <= 100; seed++) {
        const { broken } = await runOrderSchedule(seed, tampering);
        if (broken.length > 0) return;
      }
      expect.fail('nobody noticed');
    }).timeout(300_000);
  }
});
