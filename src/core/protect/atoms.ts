/**
 * Characters of a text as bytes have them, be they escaped: `4`, `\u0034` and, within a JSON text that is a string of another one,
 * `\\u0034`, `%34` and `%2534`, `&#52;`, and decimal digits of other scripts, such as the full-width ones.
 */

/** What is not a digit: 0 to 9 stand for themselves. */
export const separator = 10;
/** What separates groups only where each of them is short: as in `4242.4242.4242.4242`, not in `4.242424242424242`. */
export const looseSeparator = 11;
/** A letter or `_`: what touches it is a part of a word. */
export const word = 12;
const other = 13;

const zero = 0x30;
const nine = 0x39;
const hash = 0x23;
const percent = 0x25;
const ampersand = 0x26;
const backslash = 0x5c;
const letterU = 0x75;
const letterB = 0x42;
const lastAscii = 0x7f;

const spaces = /[\0\s+\u00ad\u2010-\u2015\u200b-\u200d\u2060\u2212\ufeff\uff0d\ufe63-]/;
const dots = /[./\u00b7\u2022\uff0e]/;
/** The zeros of the scripts whose digits are looked for: full-width, Arabic (two sets), Devanagari, Bengali. */
const zeros = [0xff10, 0x0660, 0x06f0, 0x0966, 0x09e6];

const ascii = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code >= zero && code <= nine) return code - zero;
  const text = String.fromCharCode(code);
  if (/[A-Za-z_]/.test(text)) return word;
  if (spaces.test(text)) return separator;
  return dots.test(text) ? looseSeparator : other;
});

const hex = Int8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? -1 : value;
});

function kindOf(code: number): number {
  if (code <= lastAscii) return ascii[code] ?? other;
  for (const first of zeros) if (code >= first && code <= first + 9) return code - first;
  const text = String.fromCodePoint(code);
  if (spaces.test(text)) return separator;
  return dots.test(text) ? looseSeparator : other;
}

/** Reads one after the other. */
export class Atoms {
  readonly #bytes: Buffer;
  /** The place after what was read last. */
  end = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** What stands at a place, of which there is a byte: a digit's value, or one of the above. */
  read(at: number): number {
    const code = this.#bytes[at] ?? 0;
    this.end = at + 1;
    if (code === backslash) return this.#escape(at);
    if (code === percent) return this.#encoded(at);
    if (code === ampersand) return this.#reference(at);
    if (code > lastAscii) return this.#character(at);
    return ascii[code] ?? other;
  }

  /** After any number of backslashes. */
  #escape(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    while (bytes[at] === backslash) at++;
    const letter = bytes[at] ?? 0;
    if (letter === letterU) {
      const code = (this.#hexPair(at + 1) << 8) | this.#hexPair(at + 3);
      if (code >= 0) {
        this.end = at + 5;
        return kindOf(code);
      }
    }
    this.end = at;
    if (letter !== 0x6e && letter !== 0x72 && letter !== 0x74) {
      // \b, \f: no word begins there.
      if (letter === 0x62 || letter === 0x66) this.end = at + 1;
      return other;
    }
    this.end = at + 1;
    return separator;
  }

  /** Also twice: what `%25` stands for is the `%` of the next one. */
  #encoded(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    let code = this.#hexPair(at + 1);
    // Track 1 of a card's magnetic stripe: %B4242424242424242^…
    if (code < 0 || (bytes[at + 1] === letterB && this.#isTrack(at + 2))) {
      if (bytes[at + 1] === letterB) this.end = at + 2;
      return other;
    }
    at += 3;
    while (code === percent && this.#hexPair(at) >= 0) {
      code = this.#hexPair(at);
      at += 2;
    }
    this.end = at;
    return code <= lastAscii ? kindOf(code) : this.#encodedCharacter(start, code, at - start);
  }

  #isTrack(start: number): boolean {
    let at = start;
    while (this.#bytes[at] !== undefined && (ascii[this.#bytes[at] ?? 0] ?? other) < separator) at++;
    return at - start >= 13 && this.#bytes[at] === 0x5e;
  }

  /** A character of several bytes in UTF-8, each encoded; `step`: bytes of one of them. */
  #encodedCharacter(start: number, first: number, step: number): number {
    const count = sizeOf(first);
    const found = [first];
    for (let index = 1; index < count; index++) {
      const at = start + index * step;
      const next = this.#bytes[at] === percent ? this.#hexPair(at + step - 2) : -1;
      if (next < 0) return other;
      found.push(next);
    }
    if (count === 1) return other;
    this.end = start + count * step;
    return kindOf(decode(found));
  }

  /** `&#52;`, `&#x34;`, `&nbsp;`. */
  #reference(start: number): number {
    const bytes = this.#bytes;
    let at = start + 1;
    if (bytes[at] !== hash) {
      if (bytes[at] !== 0x6e || bytes.toString('latin1', at, at + 5) !== 'nbsp;') return other;
      this.end = at + 5;
      return separator;
    }
    const base = (bytes[++at] ?? 0) === 0x78 || bytes[at] === 0x58 ? 16 : 10;
    if (base === 16) at++;
    let code = 0;
    for (const first = at; at < first + 7; at++) {
      const value = hex[bytes[at] ?? 0] ?? -1;
      if (value < 0 || value >= base) break;
      code = code * base + value;
    }
    if (bytes[at] !== 0x3b || code > 0xffff) return other;
    this.end = at + 1;
    return kindOf(code);
  }

  #character(at: number): number {
    const bytes = this.#bytes;
    const first = bytes[at] ?? 0;
    const count = sizeOf(first);
    if (count === 1 || at + count > bytes.length) return first === 0xa0 || first === 0xad ? separator : other;
    this.end = at + count;
    if (count === 2) return kindOf(((first & 0x1f) << 6) | ((bytes[at + 1] ?? 0) & 0x3f));
    if (count === 3) {
      const code = ((first & 0x0f) << 12) | (((bytes[at + 1] ?? 0) & 0x3f) << 6) | ((bytes[at + 2] ?? 0) & 0x3f);
      // Letters of most scripts are nothing of interest, and most of what is written in them.
      if ((code >= 0x0a00 && code < 0x2000) || (code >= 0x2300 && code < 0xfe00 && code !== 0x3000)) return other;
      return kindOf(code);
    }
    return other;
  }

  /** Negative where there is none. */
  #hexPair(at: number): number {
    const bytes = this.#bytes;
    return ((hex[bytes[at] ?? 0] ?? -1) << 4) | (hex[bytes[at + 1] ?? 0] ?? -1);
  }
}

/** Bytes of a character in UTF-8, by its first one; 1 where none begins with it. */
function sizeOf(first: number): number {
  if (first < 0xc2 || first > 0xf4) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

function decode(bytes: readonly number[]): number {
  return Buffer.from(bytes).toString('utf8').codePointAt(0) ?? 0;
}
