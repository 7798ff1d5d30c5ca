import { expect } from 'chai';
import fc from 'fast-check';
import { compileFilter, encodeForm } from '../../../src/signature/filters.js';

describe('filters that look at the form of a value', () => {
  const cases = [
    ['hex', '0aF9', '0aF9'],
    ['hex', 'PG5vdGU+', undefined],
    ['hex', '', undefined],
    ['hex', 'a'.repeat(129), undefined],
    ['unbase64', 'PG5v\ndGU+\r\n', '<note>'],
    ['unbase64', 'PG5v dGU+', undefined],
  ] as const;
  for (const [name, text, expected] of cases) {
    it(`${name} of ${JSON.stringify(text).slice(0, 20)} is ${expected}`, () => {
      expect(compileFilter({ name, argument: '' })(text, {})?.toString()).to.equal(expected);
    });
  }
});

it('a text in a form is written as URLSearchParams writes it, but for the asterisk', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const written = new URLSearchParams([['', text]]).toString().slice('='.length);
      expect(encodeForm(text)).to.equal(written.replaceAll('*', '%2A'));
    }),
  );
});
