import { expect } from 'chai';
import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { choosePartition, murmur2 } from '../../../src/kafka/partitioner.js';

/** From UtilsTest.testMurmur2 of Apache Kafka. */
const known: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

describe('partitioner', () => {
  for (const [key, hash] of known) {
    it(`hashes ${key} as Java does`, () => {
      expect(murmur2(key)).to.equal(hash);
    });
  }

  it('chooses as the default partitioner of kafkajs, for any text', () => {
    const choose = Partitioners.DefaultPartitioner();
    const key = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constant('é'.repeat(3000)));
    fc.assert(
      fc.property(key, fc.integer({ min: 1, max: 50 }), (text, partitions) => {
        const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
          partitionId,
          partitionErrorCode: 0,
          leader: 1,
          replicas: [1],
          isr: [1],
        }));
        const theirs = choose({ topic: 't', partitionMetadata, message: { key: Buffer.from(text), value: null } });
        expect(choosePartition(text, partitions)).to.equal(theirs);
      }),
    );
  });
});
