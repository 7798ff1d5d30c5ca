import { isUtf8 } from 'node:buffer';
import { Rejection } from '../core/rejection.js';
import { decodeUtf8 } from '../util/utf8.js';
import { hexValues } from './bytes.js';
import type { Value } from './filters.js';
import type { NameTable } from './name-table.js';

/** Names and values in the order received. */
export type Pairs = readonly (readonly [name: string, value: string])[];

const maximumParts = 100;

// Not imported: see json-text.ts.
const hex = hexValues;
const space = 0x20;
const percent = 0x25;
const ampersand = 0x26;
const plus = 0x2b;
const equals = 0x3d;

/**
 * The fields of `a=1&b=2`, as in a query or a form body (WHATWG URL, application/x-www-form-urlencoded). Unlike a
 * browser it refuses what isn't UTF-8, since two readers could take that for different values; also more than `most` fields.
 */
export function parseForm(bytes: Buffer, most = Number.POSITIVE_INFINITY): Pairs {
  const pairs: [string, string][] = [];
  for (let start = 0; start < bytes.length; ) {
    const stop = entryEnd(bytes, start);
    if (stop > start) {
      if (pairs.length === most) throw tooMany(most);
      const entry = bytes.subarray(start, stop);
      const at = entry.indexOf('=');
      pairs.push(at === -1 ? [decode(entry), ''] : [decode(entry.subarray(0, at)), decode(entry.subarray(at + 1))]);
    }
    start = stop + 1;
  }
  return pairs;
}

/** The fields of a form whose names a table has; the others are passed over. Throws if there are more than `most` of all. */
export class FormFields {
  readonly #bytes: Buffer;
  /** Where the values begin; -1 for a field that is repeated. */
  readonly #places: (number | undefined)[] = [];
  readonly #values: Value[] = [];
  /** The place after the last name that was encoded. */
  #end = 0;

  constructor(bytes: Buffer, names: NameTable, most = Number.POSITIVE_INFINITY) {
    this.#bytes = bytes;
    const { length } = bytes;
    let left = most;
    for (let at = 0; at < length; at++) {
      if (bytes[at] === ampersand) continue;
      if (left-- === 0) throw tooMany(most);
      const start = at;
      // One that is longer is none of the table.
      const far = Math.min(length, start + names.room.length + 1);
      let number = -1;
      let code = bytes[at] ?? 0;
      while (at < far && code !== equals && code !== ampersand && code !== percent && code !== plus) {
        code = bytes[++at] ?? 0;
      }
      if (code === percent || code === plus) {
        number = this.#encodedName(start, names);
        at = this.#end;
      } else if (at > start || code === equals) number = names.find(bytes, start, at);
      if (number !== -1) this.#places[number] = this.#places[number] === undefined ? valueStart(bytes, at) : -1;
      at = entryEnd(bytes, at);
    }
  }

  /** The number of a percent-encoded name, or -1. */
  #encodedName(start: number, names: NameTable): number {
    const bytes = this.#bytes;
    const { room } = names;
    const stop = Math.min(bytes.length, start + 3 * room.length + 1);
    let length = 0;
    let at = start;
    for (; at < stop; at++) {
      let byte = bytes[at] ?? 0;
      if (byte === equals || byte === ampersand) break;
      if (byte === plus) byte = space;
      else if (byte === percent) {
        byte = hexPair(bytes, at);
        at += 2;
      }
      if (length < room.length) room[length] = byte;
      length++;
    }
    this.#end = at;
    return length > room.length ? -1 : names.find(room, 0, length);
  }

  /** The value of a field, or undefined; `name` is for people. Throws if it is written with more than `most` bytes. */
  value(number: number, name: string, most = Number.POSITIVE_INFINITY): Value | undefined {
    const place = this.#places[number];
    if (place === undefined) return undefined;
    if (place === -1) throw repeated(name);
    const stop = entryEnd(this.#bytes, place);
    if (stop - place > most) throw malformed(`the field ${name} has more than ${most / 1024} KiB`);
    this.#values[number] ??= decodeValue(this.#bytes.subarray(place, stop));
    return this.#values[number];
  }
}

/** The place after the name and its `=`, if it has one. */
function valueStart(bytes: Buffer, at: number): number {
  return bytes[at] === equals ? at + 1 : at;
}

/** As many bytes as are sooner looked at one by one than by a call of native code. */
const near = 64;

/** The place of the next `&`, or that after the last byte. */
function entryEnd(bytes: Buffer, start: number): number {
  const { length } = bytes;
  const far = Math.min(start + near, length);
  for (let at = start; at < far; at++) if (bytes[at] === ampersand) return at;
  const found = far === length ? -1 : bytes.indexOf(ampersand, far);
  return found === -1 ? length : found;
}

/** Bytes from which on a value stays bytes: they are hashed without being made a text first. */
const long = 1000;

function decodeValue(entry: Buffer): Value {
  if (entry.length < long) return decode(entry);
  const bytes = decodeBytes(entry);
  if (!isUtf8(bytes)) throw notEncoded();
  return bytes;
}

function decode(entry: Buffer): string {
  const text = decodeUtf8(decodeBytes(entry));
  if (text === undefined) throw notEncoded();
  return text;
}

function decodeBytes(entry: Buffer): Buffer {
  const spaced = entry.includes(plus) ? withSpaces(entry) : entry;
  if (!spaced.includes(percent)) return spaced;
  const bytes = Buffer.allocUnsafe(spaced.length);
  return bytes.subarray(0, decodeInto(bytes, spaced));
}

const eachByte = 0x01010101;
const highBits = 0x80808080;
const lowBits = 0x7f7f7f7f;

/** A space for each `+`, four bytes at a time: a megabyte of them takes a third of the time that it takes byte by byte. */
function withSpaces(entry: Buffer): Buffer {
  const words = new Int32Array(Math.ceil(entry.length / 4));
  const bytes = Buffer.from(words.buffer, 0, entry.length);
  entry.copy(bytes);
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? 0;
    const other = word ^ (plus * eachByte);
    // The highest bit of each byte that is a `+`.
    const found = ~(((other & lowBits) + lowBits) | other) & highBits;
    if (found !== 0) words[at] = word ^ ((found >>> 7) * (plus ^ space));
  }
  return bytes;
}

/** Writes what an entry stands for, and returns its length. */
function decodeInto(room: Buffer, entry: Buffer): number {
  let length = 0;
  for (let at = 0; at < entry.length; at++) {
    let byte = entry[at] ?? 0;
    if (byte === percent) {
      byte = hexPair(entry, at);
      at += 2;
    }
    room[length++] = byte;
  }
  return length;
}

/** The byte that the two digits after a percent sign stand for. */
function hexPair(bytes: Buffer, at: number): number {
  const byte = ((hex[bytes[at + 1] ?? 0] ?? -1) << 4) | (hex[bytes[at + 2] ?? 0] ?? -1);
  if (byte < 0) throw notEncoded();
  return byte;
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
    const name = end === -1 ? undefined : nameForm.exec(part.slice(2, end))?.[1];
    if (name === undefined) throw malformed('a part of the body has no name');
    return [name, part.slice(end + 4)];
  });
}

/** The value of a field, or undefined; a repeated one has no single value. */
export function singleValue(pairs: Pairs, name: string): string | undefined {
  let value: string | undefined;
  for (const [key, text] of pairs) {
    if (key !== name) continue;
    if (value !== undefined) throw repeated(name);
    value = text;
  }
  return value;
}

function tooMany(most: number): Rejection {
  return malformed(`there are more than ${most} fields`);
}

function repeated(name: string): Rejection {
  return malformed(`the field ${name} is given more than once`);
}

function notEncoded(): Rejection {
  return malformed('a field is not percent-encoded UTF-8');
}

function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
