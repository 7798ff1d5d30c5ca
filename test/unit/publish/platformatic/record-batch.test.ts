import { crc32c, Reader, readRecordsBatch } from '@platformatic/kafka';
import { expect } from 'chai';
import fc from 'fast-check';
import type { KafkaRecord } from '../../../../src/model.js';
import { encodeBatch } from '../../../../src/publish/platformatic/record-batch.js';
import { estimateBytes } from '../../../../src/publish/queue.js';

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 70 }), fc.string({ maxLength: 200 }));
const value = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  // The length of a record takes one byte more from 64, 8,192 and 1,048,576 on.
  fc.constantFrom(0, 1, 20, 63, 64, 8100, 8191, 8192, 1_048_400).map((size) => new Uint8Array(size)),
);
const record = fc.record({ key: text, headers: fc.dictionary(text, text, { maxKeys: 6 }), value });
const sequence = { producerId: 2n ** 40n, epoch: 3, number: 70_000 };

function encode(records: readonly KafkaRecord[]): Buffer {
  const capacity = records.reduce((sum, each) => sum + estimateBytes(each), 0);
  return encodeBatch(records, capacity, sequence, 1_700_000_000_123);
}

describe('record batches', () => {
  it('are read back as they were, whatever keys, headers and values are', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), (drawn) => {
        const records = drawn.map((each) => ({ ...each, topic: 't', value: Buffer.from(each.value) }));
        const batch = readRecordsBatch(Reader.from(encode(records)));
        expect(batch).to.deep.include({
          firstOffset: 0n,
          magic: 2,
          attributes: 0,
          lastOffsetDelta: records.length - 1,
          firstTimestamp: 1_700_000_000_123n,
          maxTimestamp: 1_700_000_000_123n,
          producerId: sequence.producerId,
          producerEpoch: sequence.epoch,
          firstSequence: sequence.number,
        });
        const read = batch.records.map(({ key, headers, value, offsetDelta }) => ({
          ...{ key: String(key), value: Buffer.from(value ?? ''), offsetDelta },
          headers: headers.map(([name, content]) => [String(name), String(content)]),
        }));
        const wanted = records.map(({ key, headers, value }, offsetDelta) => ({
          ...{ key: wellFormed(key), value, offsetDelta },
          headers: Object.entries(headers).map((pair) => pair.map(wellFormed)),
        }));
        expect(read).to.deep.equal(wanted);
      }),
      { numRuns: 100 },
    );
  });

  it('have a checksum over everything behind it', () => {
    const bytes = encode([{ topic: 't', key: 'k', headers: { a: 'b' }, value: Buffer.from('value') }]);
    expect(bytes.readUInt32BE(17)).to.equal(crc32c(bytes.subarray(21)));
    expect(bytes.readInt32BE(8)).to.equal(bytes.length - 12);
  });
});

/** Half of a surrogate pair can't be said in UTF-8. */
function wellFormed(drawn: string): string {
  return Buffer.from(drawn).toString();
}
