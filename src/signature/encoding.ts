import { timingSafeEqual } from 'node:crypto';
import type { Encoding } from './declaration.js';

const hexDigits = /^[0-9a-fA-F]*$/;

/**
 * The bytes that a text denotes, or undefined if it isn't exactly what an encoder writes (RFC 4648; hex in either
 * case). Node's own decoders drop whatever they can't read, so that a signature with trailing junk would pass.
 */
export function decodeStrictly(text: string, encoding: Exclude<Encoding, 'base64-hex'>): Buffer | undefined {
  if (encoding === 'hex') {
    return text.length % 2 === 0 && hexDigits.test(text) ? Buffer.from(text, 'hex') : undefined;
  }
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : undefined;
}

/** The bytes of a signature in its encoding, or undefined; `base64-hex` is the base64 of hex digits. */
export function decodeSignature(text: string, encoding: Encoding): Buffer | undefined {
  if (encoding !== 'base64-hex') return decodeStrictly(text, encoding);
  const digits = decodeStrictly(text, 'base64');
  return digits && decodeStrictly(digits.toString('latin1'), 'hex');
}

/** The encoded digests of one length, such as the hex of SHA-256. */
export interface DigestForm {
  /** Characters. */
  readonly length: number;
  readonly pattern: RegExp;
  /**
   * Whether a text, of one character for each byte, is a digest as the encoder writes it, hex in either case; takes as long
   * wherever the difference is. A text that fits is of the form.
   */
  readonly fits: (text: string, expected: string) => boolean;
}

export function digestForm(size: number, encoding: Encoding): DigestForm {
  const { length } = encodeDigest(Buffer.alloc(size), encoding);
  // Filled again for each comparison: a buffer costs more than the comparison itself.
  const left = Buffer.alloc(length);
  const right = Buffer.alloc(length);
  function same(text: string, expected: string): boolean {
    if (text.length !== length || expected.length !== length) return false;
    left.write(text, 'latin1');
    right.write(expected, 'latin1');
    return timingSafeEqual(left, right);
  }
  const fits = (text: string, expected: string) => same(text, expected) || same(text.toLowerCase(), expected);
  return { length, pattern: digestPattern(size, encoding), fits: encoding === 'hex' ? fits : same };
}

function encodeDigest(digest: Buffer, encoding: Encoding): string {
  return encoding === 'base64-hex' ? Buffer.from(digest.toString('hex')).toString('base64') : digest.toString(encoding);
}

function digestPattern(size: number, encoding: Encoding): RegExp {
  if (encoding === 'base64-hex') return digestPattern(size * 2, 'base64');
  if (encoding === 'hex') return new RegExp(`^[0-9a-fA-F]{${size * 2}}$`);
  const digits = Math.ceil((size * 4) / 3);
  return encoding === 'base64'
    ? new RegExp(`^[A-Za-z0-9+/]{${digits}}={${(3 - (size % 3)) % 3}}$`)
    : new RegExp(`^[A-Za-z0-9_-]{${digits}}$`);
}
