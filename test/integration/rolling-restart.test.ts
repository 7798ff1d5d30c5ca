import { expect } from 'chai';
import { rollOver } from '../rolling/restart.js';

describe('gateways behind a proxy that asks for /ready', () => {
  const setups: readonly (readonly [number, number])[] = [
    [3, 1],
    [2, 2],
  ];
  for (const [replicas, workers] of setups) {
    it(`fail no request while they are restarted in turn: ${replicas} replicas with ${workers} processes each`, async function () {
      this.timeout(120_000);
      const options = { replicas, requests: 1_000, restarts: 3, workers, shutdownDelay: 2_000, say: () => undefined };
      const { requests, restarts, ...wrong } = await rollOver(options);
      expect(wrong).to.deep.equal({ failed: 0, lost: 0, faults: [] });
      expect([requests >= 1_000, restarts >= 3]).to.deep.equal([true, true]);
    });
  }
});
