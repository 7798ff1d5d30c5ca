import { mkdirSync } from 'node:fs';
import { expect } from 'chai';
import { secret } from '../../bench/events.js';
import { launch, processArgs, scratch, startLoad, transpile } from '../../bench/launch.js';
import { findTree, readMemory } from '../../bench/process-tree.js';
import { findFaults, formatComparison, makeRow } from '../../bench/rows.js';

// It reads /proc, which other systems don't have.
const describeOnLinux = process.platform === 'linux' ? describe : () => undefined;

describeOnLinux('the benchmark', () => {
  before(() => {
    mkdirSync(scratch, { recursive: true });
    transpile();
  });

  it('has its events accepted by the floor, as fast as answered and at a rate, and counts the CPU', async () => {
    const floor = await launch(processArgs('floor', 'none', '', secret), { log: `${scratch}test.log` });
    const load = startLoad();
    const pids = findTree(floor.pid);
    const job = { url: floor.said.url, pids, connections: 4, warm: 20, patience: 5_000, window: 200 };
    const fast = await load.run({ ...job, idle: 5 });
    const paced = await load.run({ ...job, warm: 0, window: 1_000, rate: 100 });
    expect(readMemory(pids)).to.be.greaterThan(10);
    load.stop();
    await floor.stop();
    expect(fast.failed).to.deep.equal({});
    expect(fast.acceptedInAll).to.be.at.least(25);
    expect(fast.cpuSeconds).to.be.at.least(0);
    expect(paced.failed).to.deep.equal({});
    expect(paced.accepted).to.be.within(1, 110);
  });

  it('divides by the floor of the same round, and says what was lost', () => {
    const figures = { cpuUs: 50, perSecond: 10, p50: 1, p99: 2, p999: 3, rssMb: 60, failed: {}, cold: false };
    const samples = [100, 150, 200].map((cpuUs) => ({
      figures: { ...figures, cpuUs, accepted: 10, inKafka: 9 },
      floor: { ...figures, accepted: 10 },
    }));
    const row = makeRow('gateway', 8, samples);
    expect(row).to.include({ name: 'gateway', connections: 8, cpuUs: 150, ratio: 3, accepted: 30, inKafka: 27 });
    expect(findFaults([row])).to.deep.equal(['gateway, 8 connections: 30 accepted, 27 in Kafka']);
    expect(formatComparison([{ ...row, ratio: 6 }], [row])).to.contain('-50 %');
  });
});
