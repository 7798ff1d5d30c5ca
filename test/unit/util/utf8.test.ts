import { expect } from 'chai';
import fc from 'fast-check';
import { decodeUtf8 } from '../../../src/util/utf8.js';

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
    fc.assert(
      fc.property(fc.oneof(texts, ascii, any), (bytes) => {
        expect(decodeUtf8(bytes)).to.equal(decodeStrictly(bytes));
      }),
    );
  });

  it('of a long one, too', () => {
    for (const unit of ['\ufeffé', 'a\u20ac', '\u{1f600}\u0000', '\ud7ff\ue000\uffff']) {
      const bytes = Buffer.from(unit.repeat(1000));
      expect(decodeUtf8(bytes)).to.equal(standard.decode(bytes));
      expect(decodeUtf8(bytes.subarray(0, -1))).to.equal(decodeStrictly(bytes.subarray(0, -1)));
    }
  });
});
