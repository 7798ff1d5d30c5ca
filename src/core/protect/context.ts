import { isIdentity } from './names.js';

/** How the digits of a number are set. */
export interface Grouping {
  /** Digits of each group. */
  readonly groups: readonly number[];
  /** A dot or the like stands between two groups. */
  readonly isLoose: boolean;
  /** Every digit is written as itself. */
  readonly isPlain: boolean;
  /** Digits and a dot stand before it. */
  readonly followsLoose: boolean;
}

interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly grouping: Grouping;
  /** Where the digits, and groups of digits, begin that it is a part of. */
  readonly runStart: number;
}

/** Bytes before a number that are looked at for the name of its field. */
const mostBefore = 160;
const uuidLength = 36;
const uuid = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/gi;
const iban = /(?:^|[^A-Za-z0-9])[A-Z]{2}\d{2}[ -]?$/;

/**
 * Whether digits that could be a card number are taken for one. They are not where they are a part of a UUID or an IBAN, where
 * they are the digits after a decimal point, and where they stand, as one word and not in groups as on a card, in a field whose
 * name says that it holds an id. `name`: of the field, where it is found: for people.
 */
export function isCardHere(
  bytes: Buffer,
  { start, end, grouping, runStart }: Candidate,
): { readonly isCard: boolean; readonly name?: string } {
  if (isFraction(grouping)) return { isCard: false };
  if (isInUuid(bytes, start, end) || isInIban(bytes, runStart)) return { isCard: false };
  const { name, inQuotes } = findName(bytes, start);
  if (name === undefined) return { isCard: true, ...findOuterName(bytes, start) };
  const alone = grouping.isPlain && !isSetAsOnCard(grouping) && isOneWord(bytes, end, inQuotes);
  return { isCard: !(alone && isIdentity(name)), name };
}

/** `4.242424242424242`, and `0.4242424242424242`. */
function isFraction({ groups, isLoose, followsLoose }: Grouping): boolean {
  if (isLoose) return groups.some((size) => size > 6) || groups.length < 3;
  return followsLoose && groups.length === 1;
}

function isSetAsOnCard({ groups }: Grouping): boolean {
  return groups.length >= 3 && groups.every((size) => size <= 6);
}

function isInUuid(bytes: Buffer, start: number, end: number): boolean {
  const from = Math.max(0, start - uuidLength);
  const around = bytes.toString('latin1', from, end + uuidLength);
  if (!around.includes('-')) return false;
  for (const { index } of around.matchAll(uuid)) {
    if (from + index < end && from + index + uuidLength > start) return true;
  }
  return false;
}

function isInIban(bytes: Buffer, runStart: number): boolean {
  return iban.test(bytes.toString('latin1', Math.max(0, runStart - 6), runStart));
}

/** No other word comes after it in its text. */
function isOneWord(bytes: Buffer, end: number, inQuotes: boolean): boolean {
  const after = bytes[end];
  return after === undefined || !inQuotes || !/\s|\+/.test(String.fromCharCode(after));
}

interface FoundName {
  readonly name?: string;
  readonly inQuotes: boolean;
}

const kindsOfBytes = { space: /\s/, quote: /["']/, nameChar: /[\w.[\]%-]/, pathEnd: /[/:?#]/, wordEnd: /[\s"'\\&=<>]/ };
type KindOfByte = keyof typeof kindsOfBytes;
const bits = { space: 1, quote: 2, nameChar: 4, pathEnd: 8, wordEnd: 16 };
const bytesOfKinds = Uint8Array.from({ length: 128 }, (_, byte) =>
  Object.entries(kindsOfBytes).reduce(
    (sum, [name, form]) => (form.test(String.fromCharCode(byte)) ? sum | bits[name as KindOfByte] : sum),
    0,
  ),
);

/**
 * The name of the field whose value begins at a place, or has a word that begins there, such as the last part of a URL:
 * `"name": "`, `"name": [`, `\"name\":\"`, `name=`, `name: `, `<name>`. Read backwards, and not far.
 */
function findName(bytes: Buffer, start: number): FoundName {
  const reader = new Backwards(bytes, start);
  if (reader.byte === minus) reader.at--;
  const begin = reader.at;
  const direct = reader.nameBefore();
  if (direct.name !== undefined) return direct;
  reader.at = begin;
  if (!reader.is('pathEnd')) return direct;
  reader.skipUntil('wordEnd');
  return reader.nameBefore();
}

/** The name of the field in whose text a place is, after other words. */
function findOuterName(bytes: Buffer, start: number): { readonly name?: string } {
  const reader = new Backwards(bytes, start);
  reader.skipUntil('quote');
  const { name } = reader.nameBefore();
  return name === undefined ? {} : { name };
}

const minus = 0x2d;
const colon = 0x3a;
const less = 0x3c;
const equals = 0x3d;
const greater = 0x3e;
const open = 0x5b;
const backslash = 0x5c;

class Backwards {
  readonly #bytes: Buffer;
  readonly #first: number;
  at: number;

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.#first = Math.max(0, start - mostBefore);
    this.at = start - 1;
  }

  get byte(): number {
    return this.at < this.#first ? -1 : (this.#bytes[this.at] ?? -1);
  }

  is(kind: KindOfByte): boolean {
    const { byte } = this;
    return byte >= 0 && ((bytesOfKinds[byte] ?? 0) & bits[kind]) !== 0;
  }

  nameBefore(): FoundName {
    const inQuotes = this.#skipQuote();
    this.#skip('space');
    if (this.byte === open) this.at--;
    this.#skip('space');
    if (this.byte === greater) return this.#element();
    if (this.byte !== colon && this.byte !== equals) return { inQuotes };
    this.at--;
    this.#skip('space');
    this.#skipQuote();
    const end = this.at + 1;
    this.#skip('nameChar');
    const name = this.#bytes.toString('latin1', this.at + 1, end);
    return name === '' ? { inQuotes } : { name, inQuotes };
  }

  skipUntil(kind: KindOfByte): void {
    while (this.byte >= 0 && !this.is(kind)) this.at--;
  }

  #skip(kind: KindOfByte): void {
    while (this.is(kind)) this.at--;
  }

  #skipQuote(): boolean {
    if (!this.is('quote')) return false;
    this.at--;
    while (this.byte === backslash) this.at--;
    return true;
  }

  /** Of `<ns:name attribute="…">`. */
  #element(): FoundName {
    while (this.byte >= 0 && this.byte !== less) this.at--;
    const tag = this.#bytes.toString('latin1', this.at + 1, this.at + 1 + mostBefore);
    const name = /^(?:[\w.-]+:)?([\w.-]+)/.exec(tag)?.[1];
    return name === undefined || this.byte !== less ? { inQuotes: true } : { name, inQuotes: true };
  }
}
