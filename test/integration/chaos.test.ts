import { expect } from 'chai';
import { playSchedule, runScene } from '../chaos/chaos.js';
import type { Step } from '../chaos/schedule.js';
import { describeOwnKafka } from './shared-kafka.js';

const seed = 1;
const kafka = { compression: 'none', login: 'scram-sha-512' } as const;
const schedule: readonly Step[] = [
  { pause: 1, fault: { kind: 'kill-gateway' } },
  { pause: 0, fault: { kind: 'lose-folder', how: 'delete', crash: 'none', wait: 0, hold: 5 } },
  { pause: 0, fault: { kind: 'restart' } },
  { pause: 0, fault: { kind: 'fail-disk', error: 'EIO', on: 'sync', percent: 30, hold: 5 } },
  { pause: 0, fault: { kind: 'kill-in-drain', what: 'worker', kills: 1, hold: 3 } },
  { pause: 0, fault: { kind: 'kill-controller', hold: 1 } },
  { pause: 0, fault: { kind: 'move-leaders', shift: 1 } },
];

describeOwnKafka('a minute of chaos', () => {
  it('loses nothing, keeps the order, and repeats only what a crash explains', async function () {
    this.timeout(240_000);
    const lines: string[] = [];
    const start = Date.now();
    const { summary, kept } = await runScene({
      options: { ...kafka, workers: 2, rate: 100, keys: 100, connections: 20, ownDisk: false },
      seed,
      minutes: 1,
      say: (text) => lines.push(`${((Date.now() - start) / 1000).toFixed(1)} ${text}`),
      play: playSchedule(schedule),
    });
    expect(summary, lines.join('\n')).to.include({ missing: 0, wiped: 0, unexplained: 0, outOfOrder: 0 });
    expect(kept, lines.join('\n')).to.equal(true);
    expect(summary.acknowledged).to.be.greaterThan(1000);
    const kinds = [...new Set(schedule.map(({ fault }) => fault.kind))];
    expect(summary.faults).to.deep.equal(Object.fromEntries(kinds.map((kind) => [kind, 1])));
  });
});
