import { stringEnd } from '../../signature/json-text.js';
import { Atoms, separator } from './atoms.js';
import type { Edit } from './edits.js';
import type { CardPlace } from './find-cards.js';

/**
 * The edits that put a `*` in the place of each digit of card numbers. What separates them stays. A number of a JSON text that
 * stands by itself becomes a text: else the whole would be no JSON any more. `places`: in their order.
 */
export function maskCards(bytes: Buffer, places: readonly CardPlace[]): readonly Edit[] {
  const texts = new Texts(bytes);
  return places.map(({ start, end }) => {
    const quote = quoteFor(bytes, start, texts);
    if (quote === undefined) return { start, end, text: stars(bytes, start, end) };
    const { first, last } = tokenAround(bytes, start, end);
    return { start: first, end: last, text: `${quote}${'*'.repeat(digitsIn(bytes, start, end))}${quote}` };
  });
}

function stars(bytes: Buffer, start: number, end: number): string {
  const atoms = new Atoms(bytes);
  let text = '';
  for (let at = start; at < end; at = atoms.end) {
    const kind = atoms.read(at);
    text += kind < separator ? '*' : bytes.toString('utf8', at, Math.min(atoms.end, end));
  }
  return text;
}

function digitsIn(bytes: Buffer, start: number, end: number): number {
  return bytes.toString('latin1', start, end).replace(/\D|[eE].*/g, '').length;
}

const numberForm = /[\d.eE+-]/;

/** The whole of a JSON number. */
function tokenAround(bytes: Buffer, start: number, end: number): { first: number; last: number } {
  const isPart = (at: number) => at >= 0 && at < bytes.length && numberForm.test(String.fromCharCode(bytes[at] ?? 0));
  let first = start;
  let last = end;
  while (isPart(first - 1)) first--;
  while (isPart(last)) last++;
  return { first, last };
}

const colon = 0x3a;
const comma = 0x2c;
const open = 0x5b;
const quote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;

/** What quotes a text where a number of JSON begins at the place, also in a JSON text that is a string of another; undefined: none does. */
function quoteFor(bytes: Buffer, start: number, texts: Texts): string | undefined {
  let at = start - 1;
  if (bytes[at] === minus) at--;
  at = beforeSpaces(bytes, at);
  const code = at < 0 ? comma : bytes[at];
  if (code === colon) {
    at = beforeSpaces(bytes, at - 1);
    if (bytes[at] !== quote) return undefined;
    const end = at;
    while (bytes[at - 1] === backslash) at--;
    if (at < end) return `${'\\'.repeat(end - at)}"`;
    return texts.has(start) ? undefined : '"';
  }
  return (code === comma || code === open) && texts.isJson && !texts.has(start) ? '"' : undefined;
}

function beforeSpaces(bytes: Buffer, start: number): number {
  let at = start;
  while (at >= 0 && (bytes[at] === 0x20 || (bytes[at] ?? 0) === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09)) at--;
  return at;
}

/** Where the strings of a JSON text are, asked for in order: one pass. */
class Texts {
  readonly #bytes: Buffer;
  #start = -1;
  #end = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** As far as its first byte tells. */
  get isJson(): boolean {
    const first = /\S/.exec(this.#bytes.toString('latin1', 0, 64))?.[0];
    return first !== undefined && /[[{\d-]/.test(first);
  }

  /** Whether a place is in one. */
  has(place: number): boolean {
    while (this.#end <= place) {
      const start = this.#bytes.indexOf(quote, this.#end);
      if (start === -1) return false;
      if (start > place) {
        return false;
      }
      this.#start = start;
      this.#end = this.#endOf(start);
    }
    return this.#start < place;
  }

  #endOf(start: number): number {
    try {
      return stringEnd(this.#bytes, start);
    } catch {
      return this.#bytes.length;
    }
  }
}
