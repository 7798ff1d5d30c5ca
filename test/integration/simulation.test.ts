import { expect } from 'chai';
import { runSchedule } from '../simulation/schedule.js';

describe('delivery under simulated faults', () => {
  it('keeps its promises in 2,000 schedules', async () => {
    let acknowledged = 0;
    let duplicates = 0;
    for (let seed = 1; seed <= 2_000; seed++) {
      const verdict = await runSchedule(seed);
      expect(verdict.broken, `replay: npm run simulate-faults -- --seed ${seed}`).to.deep.equal([]);
      acknowledged += verdict.acknowledged;
      duplicates += verdict.duplicates;
    }
    expect(acknowledged).to.be.greaterThan(200_000);
    expect(duplicates).to.be.greaterThan(40_000);
  }).timeout(120_000);
});
