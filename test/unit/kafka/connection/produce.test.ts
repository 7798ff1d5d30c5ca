import { expect } from 'chai';
import { PublishError } from '../../../../src/core/model.js';
import { decodeProduce } from '../../../../src/kafka/connection/produce.js';

/** An answer of Kafka 0.11 (version 3): two partitions of one topic. */
const old = Buffer.from(
  [
    ...['00000001', '0005', Buffer.from('été').toString('hex'), '00000002'],
    ...['00000000', '0000', '0000000000000007', 'ffffffffffffffff'],
    ...['00000003', '0006', 'ffffffffffffffff', 'ffffffffffffffff'],
    '000001f4',
  ].join(''),
  'hex',
);

describe('the answer to Produce', () => {
  it('is read as old brokers give it', () => {
    const { topics, throttle } = decodeProduce(old, 3);
    expect([...topics.keys()]).to.deep.equal(['été']);
    expect(topics.get('été')?.[0]).to.deep.equal({ code: 0, offset: 7n });
    expect(topics.get('été')?.[3]).to.deep.equal({ code: 6, offset: -1n });
    expect(throttle).to.equal(500);
  });

  it('is a fault where it ends too soon', () => {
    for (let length = 0; length < old.length; length++) {
      expect(() => decodeProduce(old.subarray(0, length), 3)).to.throw(PublishError, 'not whole');
    }
  });
});
