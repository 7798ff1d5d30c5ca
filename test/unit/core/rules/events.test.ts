import { expect } from 'chai';
import fc from 'fast-check';
import { compileEvents } from '../../../../src/core/rules/events.js';

describe('compileEvents', () => {
  it('takes exact types and patterns', () => {
    const matches = compileEvents(['charge.*', 'refund.created', '*.v1.*.failed']);
    expect(['charge.refunded', 'charge.', 'refund.created', 'a.v1.b.failed'].every(matches)).to.equal(true);
    expect(['charge', 'xcharge.a', 'refund.created2', 'a.v1.failed'].some(matches)).to.equal(false);
  });

  it('takes everything with a lone star', () => {
    expect(compileEvents(['*'])('anything at all')).to.equal(true);
    expect(compileEvents(['a*a'])('a')).to.equal(false);
  });

  it('agrees with the regex that it stands for', () => {
    const text = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 8 });
    fc.assert(
      fc.property(text('ab*'), text('ab'), (glob, type) => {
        const regex = new RegExp(`^${glob.replaceAll('*', '.*')}$`);
        expect(compileEvents([glob])(type)).to.equal(regex.test(type));
      }),
    );
  });
});
