import { Rejection } from '../core/rejection.js';
import { decodeUtf8 } from '../util/utf8.js';
import { hexValues } from './bytes.js';
import type { Value } from './filters.js';

// Not imported, here and where the other bytes are looked at: a loop over a megabyte takes twice as long with what is.
/** What stands for the byte after the last one. */
const end = -1;
const quote = 0x22;
const plus = 0x2b;
const comma = 0x2c;
const openArray = 0x5b;
const backslash = 0x5c;
const closeArray = 0x5d;
const letterU = 0x75;
const openObject = 0x7b;
const closeObject = 0x7d;
const lastAscii = 0x7f;

/** As many bytes as are sooner looked at one by one than by a call of native code. */
const near = 256;

/** The place after the text of a JSON document that begins at a quote. */
export function stringEnd(bytes: Buffer, start: number): number {
  const { length } = bytes;
  for (let at = start + 1; at < length; at = farQuote(bytes, at)) {
    for (const far = Math.min(at + near, length); at < far; at++) {
      const code = bytes[at] ?? 0;
      if (code === quote) return at + 1;
      if (code === backslash) at++;
    }
  }
  throw notJson();
}

/** The next quote, or the place after it if it is escaped. */
function farQuote(bytes: Buffer, start: number): number {
  const found = bytes.indexOf(quote, start);
  if (found === -1) throw notJson();
  let before = found;
  while (before > start && bytes[before - 1] === backslash) before--;
  return (found - before) % 2 === 0 ? found : found + 1;
}

/** The place after a number, `true` and the like. */
export function tokenEnd(bytes: Buffer, start: number): number {
  const { length } = bytes;
  let at = start;
  for (; at < length; at++) {
    const code = bytes[at] ?? 0;
    // White space comes before the comma.
    if (code > comma ? code === closeObject || code === closeArray : code !== plus) break;
  }
  return at;
}

/** What a text says, its quotes included. Throws a Rejection if it is none, or has half a character. */
export function readString(bytes: Buffer, start: number, stop: number): string {
  if (isPlain(bytes, start + 1, stop - 1)) return bytes.toString('latin1', start + 1, stop - 1);
  const source = bytes.subarray(start, stop);
  if (!source.includes(backslash)) return decodeUtf8(source.subarray(1, -1)) ?? '';
  const text = parse(decodeUtf8(source) ?? '');
  if (!text.isWellFormed()) throw malformed('a text of the body has a lone surrogate');
  return text;
}

/** Whether it is short, and nothing but ASCII that stands for itself. */
export function isPlain(bytes: Buffer, start: number, stop: number): boolean {
  if (stop - start > near) return false;
  for (let at = start; at < stop; at++) {
    const code = bytes[at] ?? 0;
    if (code === backslash || code > lastAscii) return false;
  }
  return true;
}

function parse(source: string): string {
  try {
    return String(JSON.parse(source));
  } catch {
    throw notJson();
  }
}

const scalar = /^(true$|false$|[-\d])/;

/** Bytes from which on a text is given as bytes: they are hashed faster, and for every content and key again. */
const long = 1000;

/** The text of a scalar, a number's as it is written; undefined for null. */
export function readScalar(bytes: Buffer, start: number, stop: number): Value | undefined {
  const code = bytes[start] ?? end;
  if (code === quote) {
    const inner = bytes.subarray(start + 1, stop - 1);
    if (inner.length <= long) return readString(bytes, start, stop);
    return inner.includes(backslash) ? Buffer.from(readString(bytes, start, stop)) : inner;
  }
  if (code === openObject || code === openArray) throw malformed('a signed field is not a scalar');
  const text = bytes.toString('latin1', start, stop);
  if (text === 'null') return undefined;
  if (!scalar.test(text)) throw notJson();
  return text;
}

const escapes = new Map(
  Object.entries({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(([letter, char]) => [
    letter.charCodeAt(0),
    char.charCodeAt(0),
  ]),
);

/** The character that the letter after a backslash stands for, of what JSON.parse takes; `\"`, `\\` and `\/` for themselves. */
export function readEscape(bytes: Buffer, at: number): number {
  const letter = bytes[at] ?? end;
  if (letter !== letterU) return escapes.get(letter) ?? letter;
  const high = (hexAt(bytes, at + 1) << 12) | (hexAt(bytes, at + 2) << 8);
  return high | (hexAt(bytes, at + 3) << 4) | hexAt(bytes, at + 4);
}

const hex = hexValues;

function hexAt(bytes: Buffer, at: number): number {
  return hex[bytes[at] ?? 0] ?? -1;
}

export function notJson(): Rejection {
  return malformed('the body is not JSON');
}

export function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
