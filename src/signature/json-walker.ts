import { isUtf8 } from 'node:buffer';
import type { Rejection } from '../core/rejection.js';
import type { Value } from './filters.js';
import { isPlain, malformed, notJson, readEscape, readScalar, readString, stringEnd, tokenEnd } from './json-text.js';
import type { NameTable } from './name-table.js';

const end = -1;
const tab = 0x09;
const newline = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openArray = 0x5b;
const backslash = 0x5c;
const closeArray = 0x5d;
const letterU = 0x75;
const openObject = 0x7b;
const closeObject = 0x7d;
const lastAscii = 0x7f;

/** Of an object on the way to what is read: to look a name up costs several times what it costs to pass over it. */
const mostMembers = 50_000;

/** Bytes of a document that providers send. */
const small = 16 * 1024;

/**
 * Walks over the bytes of a JSON text (RFC 8259) once, forwards. Of what it passes over it sees the ends and nothing else: half
 * a million values cost as much as one long one, and what is wrong with them shows when the document is parsed in full.
 */
export class JsonWalker {
  readonly #bytes: Buffer;
  #text: string | undefined;
  #at = 0;

  constructor(bytes: Buffer) {
    if (!isUtf8(bytes)) throw malformed('the body is not UTF-8');
    this.#bytes = bytes;
  }

  get place(): number {
    return this.#at;
  }

  /** The byte at the place; -1 after the last one. */
  get current(): number {
    return this.#bytes[this.#at] ?? end;
  }

  /** Goes to the next byte that is not white space. */
  next(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    let code = bytes[at] ?? end;
    while (code <= space && isSpace(code)) code = bytes[++at] ?? end;
    this.#at = at;
    return code;
  }

  hasEscapes(start: number, stop: number): boolean {
    return this.#bytes.subarray(start, stop).includes(backslash);
  }

  /** The text of the scalar between two places; undefined for null. */
  scalar(start: number, stop: number): Value | undefined {
    const bytes = this.#bytes;
    if (bytes.length > small || bytes[start] !== quote || !isPlain(bytes, start + 1, stop - 1)) {
      return readScalar(bytes, start, stop);
    }
    // Several texts are cut out of one faster than each is made of bytes.
    this.#text ??= bytes.toString('latin1');
    return this.#text.slice(start + 1, stop - 1);
  }

  /** Takes the members of the object here whose names a table has; each may be there once. Throws if it has more than 50,000. */
  eachMember(names: NameTable, take: (number: number) => void): void {
    const seen: boolean[] = [];
    let left = mostMembers;
    this.#at++;
    let more = this.next() !== closeObject;
    if (!more) this.#at++;
    while (more) {
      if (this.next() !== quote) throw notJson();
      if (left-- === 0) throw malformed(`an object of the body has more than ${mostMembers} members`);
      const number = this.#numberOfName(names);
      if (number === -1) more = this.#pass();
      else {
        if (seen[number] === true) throw twice();
        seen[number] = true;
        this.#toValue();
        take(number);
        more = this.#goesOn(closeObject);
      }
    }
  }

  /** Takes every member of the object here, by its name. */
  everyMember(take: (name: string) => void): void {
    this.#at++;
    let more = this.next() !== closeObject;
    if (!more) this.#at++;
    while (more) {
      if (this.next() !== quote) throw notJson();
      const start = this.#at;
      this.#at = stringEnd(this.#bytes, start);
      const name = readString(this.#bytes, start, this.#at);
      this.#toValue();
      take(name);
      more = this.#goesOn(closeObject);
    }
  }

  /** Takes the elements of the array here up to a position. */
  eachElement(last: number, take: (index: number) => void): void {
    this.#at++;
    let more = this.next() !== closeArray;
    if (!more) this.#at++;
    for (let index = 0; more; index++) {
      this.next();
      if (index > last) more = this.#pass();
      else {
        take(index);
        more = this.#goesOn(closeArray);
      }
    }
  }

  /** Passes over the value here. */
  skip(): void {
    const { current } = this;
    if (current === quote) this.#at = stringEnd(this.#bytes, this.#at);
    else if (current === openObject || current === openArray) {
      this.#at++;
      while (this.#pass());
    } else this.#at = tokenEnd(this.#bytes, this.#at);
  }

  /** Passes over what is left of a member or an element, and over the comma after it; false: it was the last one. */
  #pass(): boolean {
    const bytes = this.#bytes;
    let open = 0;
    for (let at = this.#at; ; at++) {
      const code = bytes[at] ?? end;
      if (code === quote) at = shortEnd(bytes, at);
      else if (code === openObject || code === openArray) open++;
      else if (code === closeObject || code === closeArray) open--;
      else if (code === end) throw notJson();
      if (open < 0 || (open === 0 && code === comma)) {
        this.#at = at + 1;
        return open === 0;
      }
    }
  }

  /** From the end of a name to the value of the member. */
  #toValue(): void {
    if (this.next() !== colon) throw notJson();
    this.#at++;
    this.next();
  }

  /** From the end of a value past the comma after it; false: it was the last one. */
  #goesOn(close: number): boolean {
    const code = this.next();
    if (code !== comma && code !== close) throw notJson();
    this.#at++;
    return code === comma;
  }

  /** The number of the name that begins here, or -1; goes to its end. */
  #numberOfName(names: NameTable): number {
    const bytes = this.#bytes;
    const start = this.#at + 1;
    let at = start;
    for (;;) {
      const code = bytes[at] ?? end;
      if (code === quote) break;
      if (code < space) throw notJson();
      if (code === backslash) return this.#numberOfEscaped(names);
      at++;
    }
    this.#at = at + 1;
    return names.find(bytes, start, at);
  }

  /** The same of a name with escapes: `"\u0069d"` is the name `id`. */
  #numberOfEscaped(names: NameTable): number {
    const bytes = this.#bytes;
    const { room } = names;
    const start = this.#at;
    let length = 0;
    let at = start + 1;
    for (let code = bytes[at] ?? end; code !== quote; code = bytes[++at] ?? end) {
      if (code < space) throw notJson();
      if (code === backslash) {
        code = readEscape(bytes, ++at);
        if (bytes[at] === letterU) at += 4;
        if (code > lastAscii && !names.ascii) return this.#numberOfText(names);
        // No name of the table has such a character.
        if (code > lastAscii) length = room.length;
      }
      if (length < room.length) room[length] = code;
      length++;
    }
    this.#at = at + 1;
    return length > room.length ? -1 : names.find(room, 0, length);
  }

  #numberOfText(names: NameTable): number {
    const start = this.#at;
    this.#at = stringEnd(this.#bytes, start);
    const name = Buffer.from(readString(this.#bytes, start, this.#at));
    return names.find(name, 0, name.length);
  }
}

/** Bytes of a text that is passed over without a call. */
const short = 8;

/** The place of the quote at the end of a text that begins at a quote. */
function shortEnd(bytes: Buffer, start: number): number {
  for (let at = start + 1; at <= start + short; at++) {
    const code = bytes[at];
    if (code === quote) return at;
    if (code === backslash) break;
  }
  return stringEnd(bytes, start) - 1;
}

function isSpace(code: number): boolean {
  return code === space || code === newline || code === carriageReturn || code === tab;
}

export function twice(): Rejection {
  return malformed('the body has a key twice in one object');
}
