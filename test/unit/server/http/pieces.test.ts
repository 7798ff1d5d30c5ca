import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { Pieces } from '../../../../src/server/http/pieces.js';

describe('the pieces of a body', () => {
  it('are the body, in whatever pieces it comes', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 9_000 })));
    fc.assert(
      fc.property(sizes, (all) => {
        const parts = all.map((size) => randomBytes(size));
        const pieces = new Pieces();
        let held = 0;
        for (const part of parts) held += pieces.add(part);
        const whole = Buffer.concat(parts);
        expect(pieces.length).to.equal(whole.length);
        expect(pieces.join().equals(whole)).to.equal(true);
        expect(held).to.be.at.least(whole.length);
      }),
    );
  });

  it('takes memory for their bytes, not for their number', () => {
    const pieces = new Pieces();
    let held = 0;
    for (let n = 0; n < 100_000; n++) held += pieces.add(Buffer.from('x'));
    expect(held).to.be.within(100_000, 110_000);
  });

  it('does not copy a body that comes in one piece', () => {
    const pieces = new Pieces();
    const only = Buffer.from('{}');
    pieces.add(only);
    expect(pieces.join()).to.equal(only);
    expect(new Pieces().join()).to.have.length(0);
  });
});
