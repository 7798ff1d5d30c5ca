import { Rejection } from '../rejection.js';

/** Names and values in the order received. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** More fields than any provider sends. */
const maximumPairs = 1000;
const maximumParts = 100;

/**
 * The fields of `a=1&b=2`, as in a query or a form body (WHATWG URL, application/x-www-form-urlencoded). Unlike a
 * browser it refuses what isn't UTF-8, since two readers could take that for different values.
 */
export function parseForm(text: string): Pairs {
  const pairs: [string, string][] = [];
  let start = 0;
  while (start < text.length) {
    const found = text.indexOf('&', start);
    const end = found === -1 ? text.length : found;
    if (end > start) {
      if (pairs.length === maximumPairs) throw malformed(`there are more than ${maximumPairs} fields`);
      const entry = text.slice(start, end);
      const at = entry.indexOf('=');
      pairs.push(at === -1 ? [decode(entry), ''] : [decode(entry.slice(0, at)), decode(entry.slice(at + 1))]);
    }
    start = end + 1;
  }
  return pairs;
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw malformed('a field is not percent-encoded UTF-8');
  }
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
