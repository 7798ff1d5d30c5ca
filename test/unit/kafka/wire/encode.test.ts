import zlib from 'node:zlib';
import { Reader, readRecordsBatch } from '@platformatic/kafka';
import { expect } from 'chai';
import fc from 'fast-check';
import { estimateBytes } from '../../../../src/kafka/queue.js';
import { crc32c } from '../../../../src/kafka/wire/crc32c.js';
import { createEncode } from '../../../../src/kafka/wire/encode.js';
import { encodeSchemaHeader, readSchemaId, schemaIdHeader } from '../../../../src/kafka/wire/schema-id.js';
import { makeRecord } from '../records.js';

const guid = '89791762-2336-4186-9674-299b90a802e2';
const sequence = { producerId: 2n ** 40n, epoch: 3, number: 70_000 };
const codecs = ['gzip', ...('zstdCompress' in zlib ? (['zstd'] as const) : [])] as const;
const numbers = { gzip: 1, zstd: 4 };

async function encode(values: readonly string[], settings: Parameters<typeof createEncode>[0]) {
  const records = values.map((value, index) => ({ ...makeRecord(`k${index}`, value, 't') }));
  const capacity = records.reduce((sum, record) => sum + estimateBytes(record), 0);
  const encoded = await createEncode(settings)({ topic: 't', records }, capacity, sequence, 1_700_000_000_000);
  return { ...encoded, batch: readRecordsBatch(Reader.from(encoded.bytes)) };
}

describe('batches that are compressed', () => {
  for (const compression of codecs) {
    it(`are read back as they were, whole and smaller: ${compression}`, async () => {
      const value = fc.tuple(fc.string({ maxLength: 200 }), fc.nat(2000)).map(([text, times]) => text.repeat(times));
      await fc.assert(
        fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 4 }), async (values) => {
          const plain = await encode(values, {});
          const { bytes, checksum, batch } = await encode(values, { compression });
          expect(checksum).to.equal(plain.bytes.readUInt32BE(17));
          expect(bytes.length).to.be.at.most(plain.bytes.length);
          expect(batch.attributes).to.equal(bytes.length < plain.bytes.length ? numbers[compression] : 0);
          expect(bytes.readInt32BE(8)).to.equal(bytes.length - 12);
          expect(bytes.readUInt32BE(17)).to.equal(crc32c(bytes.subarray(21)));
          expect(batch.records.map((record) => String(record.value))).to.deep.equal(values);
          expect(batch).to.include({ producerId: sequence.producerId, firstSequence: sequence.number });
        }),
        { numRuns: 40 },
      );
    });
  }
});

describe('schema ids', () => {
  it('are a header behind the others, for the records of their topic', async () => {
    for (const value of ['', 'x'.repeat(8_000)]) {
      const { batch } = await encode([value, value], { schemaIds: { t: guid } });
      for (const { headers, value: read } of batch.records) {
        const [name, id] = headers.at(-1) ?? [];
        expect(String(name)).to.equal(schemaIdHeader);
        expect(Buffer.from(id ?? '').toString('hex')).to.equal(`01${guid.replaceAll('-', '')}`);
        expect(headers.length).to.be.above(1);
        expect(String(read)).to.equal(value);
      }
      const other = await encode([value], { schemaIds: { other: guid } });
      expect(other.batch.records[0]?.headers.map(([name]) => String(name))).not.to.include(schemaIdHeader);
    }
  });

  it('are read as Confluent writes them: a GUID, or a number', () => {
    expect(readSchemaId(encodeSchemaHeader(guid).subarray(19))).to.equal(guid);
    expect(readSchemaId(Buffer.from([0, 0, 0, 1, 2]))).to.equal('258');
    for (const bytes of [[], [0, 1], [1, 2, 3], [9, 9, 9, 9, 9]])
      expect(readSchemaId(Buffer.from(bytes))).to.equal(undefined);
  });
});
