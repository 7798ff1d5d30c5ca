import { Rejection } from '../rejection.js';
import { decodeUtf8 } from '../utf8.js';

/** Names and values in the order received. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** More fields than any provider sends. */
const maximumPairs = 1000;
const maximumParts = 100;

/**
 * The fields of `a=1&b=2`, as in a query or a form body (WHATWG URL, application/x-www-form-urlencoded). Unlike a
 * browser it refuses what isn't UTF-8, since two readers could take that for different values.
 */
export function parseForm(bytes: Buffer): Pairs {
  const pairs: [string, string][] = [];
  let start = 0;
  for (let count = 0; start < bytes.length; count++) {
    if (count === maximumPairs) throw malformed(`there are more than ${maximumPairs} fields`);
    const found = bytes.indexOf('&', start);
    const end = found === -1 ? bytes.length : found;
    if (end > start) {
      const entry = bytes.subarray(start, end);
      const at = entry.indexOf('=');
      pairs.push(at === -1 ? [decode(entry), ''] : [decode(entry.subarray(0, at)), decode(entry.subarray(at + 1))]);
    }
    start = end + 1;
  }
  return pairs;
}

const percent = 0x25;
const plus = 0x2b;
const space = 0x20;

/** One pass over the bytes: a megabyte of `+` or `%41` takes milliseconds, not tenths of a second. */
function decode(entry: Buffer): string {
  const bytes = Buffer.allocUnsafe(entry.length);
  let length = 0;
  for (let at = 0; at < entry.length; at++) {
    let byte = entry[at] ?? 0;
    if (byte === plus) byte = space;
    else if (byte === percent) {
      byte = (digit(entry[at + 1]) << 4) | digit(entry[at + 2]);
      at += 2;
    }
    bytes[length++] = byte;
  }
  const text = decodeUtf8(bytes.subarray(0, length));
  if (text === undefined) throw malformed('a field is not percent-encoded UTF-8');
  return text;
}

/** The value of an ASCII hex digit. */
function digit(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  if (letter >= 0x61 && letter <= 0x66) return letter - 0x57;
  throw malformed('a field is not percent-encoded UTF-8');
}

const boundaryForm = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i;
const nameForm = /^content-disposition:\s*form-data;(?:[^\r\n]*;)?\s*name="([^"\r\n]*)"/im;

/** The text fields of a `multipart/form-data` body (RFC 7578); files are fields too. */
export function parseMultipart(text: string, contentType: string): Pairs {
  const [, quoted, plain] = boundaryForm.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw malformed('the content type has no boundary');
  const [, ...parts] = `\r\n${text}`.split(`\r\n--${boundary}`, maximumParts + 2);
  if (parts.length > maximumParts || !parts.pop()?.startsWith('--')) throw malformed('the body is not multipart');
  return parts.map((part) => {
    const end = part.indexOf('\r\n\r\n');
    const name = nameForm.exec(part.slice(2, end))?.[1];
    if (end === -1 || name === undefined) throw malformed('a part of the body has no name');
    return [name, part.slice(end + 4)];
  });
}

/** The value of a field, or undefined; a repeated one has no single value. */
export function singleValue(pairs: Pairs, name: string): string | undefined {
  let value: string | undefined;
  for (const [key, text] of pairs) {
    if (key !== name) continue;
    if (value !== undefined) throw malformed(`the field ${name} is given more than once`);
    value = text;
  }
  return value;
}

function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
