import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { StoredRecord } from '../../../src/publish/read.js';
import { realFiles } from '../../../src/storage/disk/files.js';
import { listLanes } from '../../../src/storage/spool/inspect.js';
import { describeOwnKafka, getOwnKafka } from '../shared-kafka.js';
import { makeSettings, nameTopic, readAll } from './helpers.js';

const script = fileURLToPath(new URL('../../support/drain.ts', import.meta.url));
const records = 3_600;
const kills = Number(process.env.KILLS ?? 5);
/** Records of a batch, at the most. */
const batchLimit = 1_000;

describeOwnKafka('a gateway that is killed while it sends its spool', () => {
  it('has in Kafka twice what was in flight, and nothing else: a batch for each partition', async () => {
    const { brokers } = getOwnKafka();
    const { spool } = makeSettings(brokers);
    let done = 0;
    while (done < kills) {
      const topic = nameTopic('drain');
      const spooling = run(spool.dir, '127.0.0.1:1', topic, String(records));
      await once(spooling, 'exit');
      let killed = 0;
      while ((await listLanes(realFiles, spool.dir)).length > 0) {
        const draining = run(spool.dir, brokers[0] ?? '', topic);
        for await (const line of createInterface({ input: draining.stdout ?? process.stdin })) {
          if (line.startsWith('records of a former process')) break;
        }
        if (done + killed < kills) {
          await delay(Math.random() * 250);
          killed++;
        } else {
          while ((await listLanes(realFiles, spool.dir)).length > 0) await delay(50);
        }
        draining.kill('SIGKILL');
        await once(draining, 'exit');
      }
      done += killed;
      judge(await readAll(makeSettings(brokers), topic), killed);
    }
  }).timeout(600_000);
});

function run(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import=tsx/esm', script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** All is there; and what is there twice lies, the first time, in no more batches of each partition than there were kills. */
function judge(stored: readonly StoredRecord[], killed: number): void {
  const first = new Map<string, StoredRecord>();
  const again = new Map<number, bigint[]>();
  for (const record of stored) {
    const value = String(record.value).split(':')[0] ?? '';
    const before = first.get(value);
    if (before === undefined) first.set(value, record);
    else again.set(before.partition, [...(again.get(before.partition) ?? []), before.offset]);
  }
  expect(first.size).to.equal(records);
  for (const offsets of again.values()) expect(countBatches(offsets)).to.be.at.most(killed);
  if (process.env.MEASURE) {
    const twice = stored.length - records;
    process.stdout.write(`${killed} kills, ${twice} twice, in ${again.size} partitions\n`);
  }
}

function countBatches(offsets: readonly bigint[]): number {
  let count = 0;
  let end = -1n;
  for (const offset of [...offsets].sort((a, b) => Number(a - b))) {
    if (offset < end) continue;
    count++;
    end = offset + BigInt(batchLimit);
  }
  return count;
}
