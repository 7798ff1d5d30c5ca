import { expect } from 'chai';
import fc from 'fast-check';
import { Ring, type RowNumbers } from '../../../src/inspector/ring.js';

function numbers(number: number): RowNumbers {
  const rest = {
    at: number * 2,
    ms: 1.5,
    bodyMs: 0.5,
    bytes: 7,
    status: 200,
    outcome: 1,
    reason: 0,
    endpoint: 2,
    more: 0,
  };
  return { time: number, number, ...rest };
}

function texts(ring: Ring): string[] {
  return Array.from({ length: ring.size }, (_, index) => ring.text(ring.first + index));
}

describe('the ring of deliveries', () => {
  it('keeps the numbers and the text of a row', () => {
    const ring = new Ring(2, 100);
    ring.add(numbers(1), 'größe');
    expect(ring.text(0)).to.equal('größe');
    expect(ring.number(0, 'at')).to.equal(2);
    expect(ring.number(0, 'ms')).to.equal(1.5);
    expect(ring.has(0, Buffer.from('öß'))).to.equal(true);
    expect(ring.has(0, Buffer.from('x'))).to.equal(false);
  });

  it('lets the oldest go when their number is full', () => {
    const ring = new Ring(2, 1_000);
    for (const number of [1, 2, 3]) ring.add(numbers(number), `row ${number}`);
    expect(texts(ring)).to.deep.equal(['row 2', 'row 3']);
    expect(ring.number(ring.first, 'number')).to.equal(2);
  });

  it('lets the oldest go when the buffer is full', () => {
    const ring = new Ring(100, 30);
    for (const number of [1, 2, 3, 4]) ring.add(numbers(number), 'abcdefgh'.slice(0, 7) + number);
    expect(texts(ring)).to.deep.equal(['abcdefg4']);
  });

  it('has, whatever was added, the newest rows unharmed, and no more than it may', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (added, capacity) => {
        const ring = new Ring(capacity, 40 * 3 * 2);
        for (const [index, each] of added.entries()) ring.add(numbers(index + 1), each);
        const kept = texts(ring);
        expect(kept.length).to.be.at.most(capacity);
        expect(kept).to.deep.equal(added.slice(added.length - kept.length));
        // Any two of the longest fit beside each other, once the buffer has begun anew.
        if (added.length > 0) expect(kept.length).to.be.at.least(1);
      }),
    );
  });
});
