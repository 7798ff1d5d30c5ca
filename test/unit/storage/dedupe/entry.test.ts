import { expect } from 'chai';
import { format, hashTopic, readKey, writeEvent } from '../../../../src/storage/dedupe/entry.js';
import { keys } from './support.js';

const topic = hashTopic('webhooks.stripe.charge');

function encodeNumbered(number: number): Buffer {
  const entry = Buffer.alloc(format.size);
  writeEvent(entry, 0, keys(`evt_${number}`), topic, {
    topic: 'webhooks.stripe.charge',
    partition: 3,
    offset: BigInt(number),
  });
  return entry;
}

describe('the entries of the dedupe window', () => {
  it('are all found behind one that lacks its last bytes, whatever these were', () => {
    const next = encodeNumbered(5_000);
    const lost: string[] = [];
    for (let number = 0; number < 5_000; number++) {
      for (let missing = 1; missing <= 3; missing++) {
        const torn = encodeNumbered(number).subarray(0, format.size - missing);
        const both = Buffer.concat([torn, next]);
        const found: string[] = [];
        format.readEntries(both, (at) => found.push(readKey(both, at)) > 0);
        if (!found.includes(readKey(next, 0))) lost.push(`${number} without its last ${missing} bytes`);
      }
    }
    expect(lost).to.deep.equal([]);
  });
});
