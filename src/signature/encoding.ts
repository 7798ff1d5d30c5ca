import type { Encoding } from './declaration.js';

const hexDigits = /^[0-9a-fA-F]*$/;

/**
 * The bytes that a text denotes, or undefined if it isn't exactly what an encoder writes (RFC 4648; hex in either
 * case). Node's own decoders drop whatever they can't read, so that a signature with trailing junk would pass.
 */
export function decodeStrictly(text: string, encoding: Encoding): Buffer | undefined {
  if (encoding === 'hex') {
    return text.length % 2 === 0 && hexDigits.test(text) ? Buffer.from(text, 'hex') : undefined;
  }
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : undefined;
}

/** Characters that `size` bytes take in this encoding. */
export function encodedLength(size: number, encoding: Encoding): number {
  if (encoding === 'hex') {
    return size * 2;
  }
  return encoding === 'base64' ? Math.ceil(size / 3) * 4 : Math.ceil((size * 4) / 3);
}
