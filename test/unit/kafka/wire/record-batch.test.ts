import { Reader, readRecordsBatch } from '@platformatic/kafka';
import { expect } from 'chai';
import fc from 'fast-check';
import type { KafkaRecord } from '../../../../src/core/model.js';
import { estimateBytes } from '../../../../src/kafka/queue.js';
import { computeCrc32c, crc32c } from '../../../../src/kafka/wire/crc32c.js';
import { encodeBatch } from '../../../../src/kafka/wire/record-batch.js';

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
          key: String(key),
          value: Buffer.from(value ?? ''),
          offsetDelta,
          headers: headers.map(([name, content]) => [String(name), String(content)]),
        }));
        const wanted = records.map(({ key, headers, value }, offsetDelta) => ({
          key: wellFormed(key),
          value,
          offsetDelta,
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

  it('have the checksum of RFC 3720, with the native library and without', () => {
    const cases: readonly (readonly [Uint8Array, number])[] = [
      [new Uint8Array(32), 0x8a9136aa],
      [new Uint8Array(32).fill(0xff), 0x62a8ab43],
      [Uint8Array.from({ length: 32 }, (_, n) => n), 0x46dd794e],
      [Uint8Array.from({ length: 32 }, (_, n) => 31 - n), 0x113fdb5c],
      [Buffer.from('123456789'), 0xe3069283],
    ];
    for (const [bytes, sum] of cases) expect([crc32c(bytes), computeCrc32c(bytes)]).to.deep.equal([sum, sum]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(computeCrc32c(bytes)).to.equal(crc32c(bytes));
      }),
    );
  });
});

/** Half of a surrogate pair can't be said in UTF-8. */
function wellFormed(drawn: string): string {
  return Buffer.from(drawn).toString();
}
