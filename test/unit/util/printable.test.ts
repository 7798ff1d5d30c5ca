import { expect } from 'chai';
import fc from 'fast-check';
import { escapeJson, printable, printableColoured, printableLines } from '../../../src/util/printable.js';

const hostile = [
  ...Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)),
  ...Array.from({ length: 33 }, (_, code) => String.fromCharCode(0x7f + code)),
  ...'\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069',
];
const anything = fc.string({
  unit: fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary', maxLength: 1 })),
});
const has = (text: string) => hostile.filter((character) => text.includes(character));

describe('a text for a terminal', () => {
  it('has no character that a terminal obeys', () => {
    fc.assert(fc.property(anything, (text) => has(printable(text)).length === 0));
    expect(printable('evt_\u001b[31mRED\u001b]0;pwned\u0007\n\tx')).to.equal(
      'evt_\ufffd[31mRED\ufffd]0;pwned\ufffd\ufffd x',
    );
    expect(printable('Zoë 😀 עברית')).to.equal('Zoë 😀 עברית');
  });

  it('keeps line breaks and tabs where it has several lines, and our colours where it has some', () => {
    expect(printableLines('a\n\tb\r\u202e')).to.equal('a\n\tb\ufffd\ufffd');
    expect(printableColoured('\u001b[31mred\u001b[0m \u001b[2J\n')).to.equal('\u001b[31mred\u001b[0m \ufffd[2J\n');
  });

  it('is the same JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(anything, anything, { noNullPrototype: true }), (value) => {
        const json = escapeJson(JSON.stringify(value, undefined, 2));
        expect(has(json.replaceAll('\n', ''))).to.deep.equal([]);
        expect(JSON.parse(json)).to.deep.equal(value);
      }),
    );
  });
});
