import { expect } from 'chai';
import fc from 'fast-check';
import { decodeUtf8 } from '../../src/utf8.js';

const standard = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeStrictly(bytes: Buffer): string | undefined {
  try {
    return standard.decode(bytes);
  } catch {
    return undefined;
  }
}

describe('the text of bytes', () => {
  it('is that of the standard decoder, or none', () => {
    const texts = fc.string({ unit: 'binary' }).map((text) => Buffer.from(text));
    const ascii = fc.string({ unit: 'binary-ascii' }).map((text) => Buffer.from(text));
    const any = fc.uint8Array().map((bytes) => Buffer.from(bytes));
    const times = fc.constantFrom(1, 100);
    fc.assert(
      fc.property(fc.oneof(texts, ascii, any), times, (unit, count) => {
        const bytes = Buffer.concat(Array(count).fill(unit));
        expect(decodeUtf8(bytes)).to.equal(decodeStrictly(bytes));
      }),
    );
    const marked = Buffer.from(`\ufeff${'é'.repeat(1000)}`);
    expect(decodeUtf8(marked)).to.equal(decodeStrictly(marked));
  });
});
