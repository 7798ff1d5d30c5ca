import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { byTime } from '../../../src/publish/by-time.js';
import type { Span, StoredRecord } from '../../../src/publish/read.js';

function record(partition: number, offset: number, timestamp: number): StoredRecord {
  const common = { topic: 't', key: null, headers: {}, value: Buffer.from('x') };
  return { ...common, partition, offset: BigInt(offset), timestamp };
}

function span(partition: number, end: number): Span {
  return { topic: 't', partition, first: 0n, start: 0n, end: BigInt(end), cut: false, gone: false };
}

async function* from(records: readonly StoredRecord[]): AsyncGenerator<StoredRecord, void, undefined> {
  yield* records;
}

async function times(records: AsyncIterable<StoredRecord>): Promise<readonly number[]> {
  const seen: number[] = [];
  for await (const { timestamp } of records) seen.push(timestamp);
  return seen;
}

describe('publish/by-time', () => {
  it('merges partitions by time', async () => {
    const records = [record(0, 0, 27), record(0, 1, 31), record(1, 0, 26), record(1, 1, 40)];
    expect(await times(byTime(from(records), [span(0, 2), span(1, 2)]))).to.deep.equal([26, 27, 31, 40]);
  });

  it('gives every record once, in order where each partition is in order', async () => {
    const partition = fc
      .array(fc.integer({ min: 0, max: 1000 }), { maxLength: 20 })
      .map((all) => all.sort((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(fc.array(partition, { maxLength: 5 }), async (partitions) => {
        const records = partitions.flatMap((all, index) => all.map((time, offset) => record(index, offset, time)));
        const spans = partitions.map((all, index) => span(index, all.length));
        const sorted = records.map(({ timestamp }) => timestamp).sort((a, b) => a - b);
        expect(await times(byTime(from(records), spans))).to.deep.equal(sorted);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps no more in memory than it may', async () => {
    let given = 0;
    async function* many() {
      for (let offset = 0; offset < 100; offset++) {
        given++;
        yield record(0, offset, offset);
      }
      yield record(1, 0, 0);
    }
    const merged = byTime(many(), [span(0, 100), span(1, 1)], { most: 10 });
    await merged.next();
    expect(given).to.be.at.most(12);
    await merged.return();
  });

  it('does not wait forever for a partition that has no more', async () => {
    async function* following() {
      yield record(0, 0, 5);
      await delay(200);
      yield record(0, 1, 6);
    }
    // Its last offset is a transaction's, which nobody is given.
    const merged = byTime(following(), [span(0, 2), span(1, 3)], { patience: 20 });
    const first = await merged.next();
    expect(first.value?.timestamp).to.equal(5);
    expect((await merged.next()).value?.timestamp).to.equal(6);
  });
});
