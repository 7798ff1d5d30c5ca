import { expect } from 'chai';
import { playSchedule, runScene } from '../chaos/chaos.js';
import type { Step } from '../chaos/schedule.js';
import { describeClients } from './publish/helpers.js';
import { describeOwnKafka } from './shared-kafka.js';

const seed = 1;
const schedule: readonly Step[] = [
  { pause: 1, fault: { kind: 'kill-gateway' } },
  { pause: 1, fault: { kind: 'kill-controller', hold: 1 } },
  { pause: 1, fault: { kind: 'kill-worker', worker: 0 } },
  { pause: 1, fault: { kind: 'outage', how: 'halt', crash: 'gateway', hold: 8 } },
  { pause: 1, fault: { kind: 'move-leaders', shift: 1 } },
];

describeClients(describeOwnKafka, 'a minute of chaos', (client) => {
  it('loses nothing, keeps the order, and repeats only what a crash explains', async function () {
    this.timeout(240_000);
    const lines: string[] = [];
    const { summary, kept } = await runScene({
      options: { client, workers: 2, rate: 100, keys: 100, connections: 20, ownDisk: false },
      seed,
      say: (text) => lines.push(text),
      play: playSchedule(schedule),
    });
    expect(summary, lines.join('\n')).to.include({ missing: 0, unexplained: 0, outOfOrder: 0 });
    expect(kept, lines.join('\n')).to.equal(true);
    expect(summary.acknowledged).to.be.greaterThan(1000);
  });
});
