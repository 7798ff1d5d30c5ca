import { expect } from 'chai';
import { rollOver } from '../rolling/restart.js';

describe('two gateways behind a proxy that asks for /ready', () => {
  for (const workers of [1, 2]) {
    it(`fail no request while they are restarted in turn, with ${workers} of their processes`, async function () {
      this.timeout(120_000);
      const options = { requests: 1_000, restarts: 3, workers, shutdownDelay: 2_000, say: () => undefined };
      const { requests, restarts, ...wrong } = await rollOver(options);
      expect(wrong).to.deep.equal({ failed: 0, lost: 0, faults: [] });
      expect([requests >= 1_000, restarts >= 3]).to.deep.equal([true, true]);
    });
  }
});
