import { Atoms, looseSeparator, separator, word } from './atoms.js';
import { type Grouping, isCardHere } from './context.js';
import { lengthsOfIssuers } from './issuers.js';

/** Bytes [start, end) of a text that have a card number, from its first digit to its last one. */
export interface CardPlace {
  readonly start: number;
  readonly end: number;
  /** Of the field that it stands in, as it is written; absent where it has none, or nobody has looked. */
  readonly name?: string;
}

const ampersand = 0x26;
const hash = 0x23;

const shortest = 13;
const longest = 19;
/** Separators between two digits. */
const mostSeparators = 3;
/** Numbers of one text whose surroundings are looked at: no payload has more; of what does, all are taken. */
const mostLooks = 1_000;
/** Digits that are remembered; a power of two. */
const room = 32;
const mask = room - 1;

const nothing = 0;
const digit = 1;
const toRead = 2;
const goesOn = 4;
const unread = 255;

// Not imported: a loop over a megabyte takes twice as long with what is.
/** Of each byte, whether a digit can begin with it; and whether digits can go on with it. */
const interest = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x30 && byte <= 0x39) return digit;
  // A backslash, %, &, and how digits of other scripts begin in UTF-8.
  if ([0x5c, 0x25, 0x26, 0xef, 0xd9, 0xdb, 0xe0].includes(byte)) return toRead | goesOn;
  return byte > 0x7f || /[\0\s./+-]/.test(String.fromCharCode(byte)) ? goesOn : nothing;
});
/** What a byte is by itself, as `Atoms` have it; `unread`: nobody can tell without the next one. */
const kinds = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte > 0x7f || byte === 0x5c || byte === 0x25 || byte === 0x26 ? unread : new Atoms(Buffer.from([byte])).read(0),
);
const inWord = Uint8Array.from({ length: 256 }, (_, byte) => Number(/[0-9A-Za-z_]/.test(String.fromCharCode(byte))));
const doubled = Uint8Array.from([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]);

// Of the last digits of the run that is looked at, by their number. One text is looked at after the other.
const values = new Uint8Array(room);
const starts = new Int32Array(room);
/** 1 where a digit begins a group. */
const begins = new Uint8Array(room);
/** There, the sums (modulo 10) of the digits before, of which every other one is doubled (Luhn): all but those of an odd number, or of an even one. */
const oddSums = new Uint8Array(room);
const evenSums = new Uint8Array(room);
// Of its last groups, by theirs: the number of the first digit, and what stands before it.
const firsts = new Int32Array(room);
/** 1 for separators, 2 for loose ones, 3 for the run's beginning. */
const befores = new Uint8Array(room);

/**
 * Card numbers in a text: 13 to 19 digits of a known issuer's range whose check digit is right (Luhn, ISO/IEC 7812-1), in one
 * or in groups; see `Atoms` for how digits may be written, and `isCardHere` for what is left alone. In their order; none
 * overlaps another. One pass, whatever the text is: what begins or ends within a word is not a card number.
 */
export function findCards(bytes: Buffer): readonly CardPlace[] {
  return new Finder(bytes).find();
}

type Writable = { -readonly [Key in keyof CardPlace]: CardPlace[Key] };

class Finder {
  readonly #bytes: Buffer;
  readonly #atoms: Atoms;
  readonly #found: Writable[] = [];
  #looks = 0;
  #runStart = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#atoms = new Atoms(bytes);
  }

  find(): readonly CardPlace[] {
    const bytes = this.#bytes;
    const atoms = this.#atoms;
    const { length } = bytes;
    let readEnd = -1;
    let readWord = false;
    for (let at = 0; at < length; ) {
      const kind = interest[bytes[at] ?? 0] ?? 0;
      if ((kind & (digit | toRead)) === 0) {
        at++;
        continue;
      }
      const within = at === readEnd ? readWord : at > 0 && inWord[bytes[at - 1] ?? 0] === 1;
      if (kind === digit) {
        at = within ? wordEnd(bytes, at) : this.#number(at);
        continue;
      }
      if (bytes[at] === ampersand && bytes[at + 1] !== hash) {
        at++;
        continue;
      }
      const read = atoms.read(at);
      if (read < separator && !within) {
        at = this.#run(at);
        continue;
      }
      readEnd = atoms.end;
      readWord = read === word || read < separator;
      at = readEnd;
    }
    return this.#found;
  }

  /** Most numbers are short, and nothing follows them that digits could go on after. */
  #number(start: number): number {
    const bytes = this.#bytes;
    let at = start + 1;
    while (interest[bytes[at] ?? 0] === digit) at++;
    const group = at - start;
    if (group > longest || (group < shortest && ((interest[bytes[at] ?? 0x2c] ?? 0) & goesOn) === 0)) return at;
    return this.#run(start);
  }

  /** From the first digit of a run, to the place after it. Groups are looked at as they end. */
  #run(start: number): number {
    const bytes = this.#bytes;
    const { length } = bytes;
    this.#runStart = start;
    let count = 0;
    let groups = 0;
    let odd = 0;
    let even = 0;
    let before = 3;
    let inGroup = false;
    let separators = 0;
    let at = start;
    let lastEnd = start;
    while (at < length) {
      let kind = kinds[bytes[at] ?? 0] ?? unread;
      let end = at + 1;
      if (kind === unread) {
        kind = this.#atoms.read(at);
        end = this.#atoms.end;
      }
      if (kind < separator) {
        begins[count & mask] = 0;
        if (!inGroup) {
          inGroup = true;
          begins[count & mask] = 1;
          const group = groups++ & mask;
          firsts[group] = count;
          befores[group] = before;
          oddSums[count & mask] = odd;
          evenSums[count & mask] = even;
          before = 0;
          separators = 0;
        }
        values[count & mask] = kind;
        starts[count & mask] = at;
        const twice = doubled[kind] ?? 0;
        odd += (count & 1) === 1 ? kind : twice;
        even += (count & 1) === 1 ? twice : kind;
        if (odd > 9) odd -= 10;
        if (even > 9) even -= 10;
        count++;
        lastEnd = end;
      } else {
        if (kind === word) {
          if (groups === 2 && firsts[1] === 1) this.#power(start, at);
          // The last group is a part of a word.
          return inGroup ? wordEnd(bytes, at) : at;
        }
        if (inGroup && count >= shortest) this.#groupEnded(groups, count, (count & 1) === 0 ? odd : even, lastEnd);
        inGroup = false;
        if (kind > looseSeparator) return at;
        if (++separators > mostSeparators) return end;
        if (before < 2) before = kind === looseSeparator ? 2 : 1;
      }
      at = end;
    }
    if (inGroup && count >= shortest) this.#groupEnded(groups, count, (count & 1) === 0 ? odd : even, lastEnd);
    return at;
  }

  /** `4.242424242424242e15`, as some programs write large numbers. `at`: of the e. */
  #power(start: number, at: number): void {
    const text = this.#bytes.toString('latin1', start, at + 5);
    const [whole = '', first = '', rest = '', power] = /^(\d)\.(\d{1,18})[eE]\+?(\d\d)(?!\w)/.exec(text) ?? [];
    const digits = (first + rest).padEnd(Number(power) + 1, '0');
    if (whole === '' || digits.length !== Number(power) + 1 || findCards(Buffer.from(digits)).length === 0) return;
    this.#found.push({ start, end: start + whole.length });
  }

  /** Looks at the numbers that begin with a group and end with the last of so many digits. `sum`: of them. */
  #groupEnded(groups: number, count: number, sum: number, end: number): void {
    const sums = (count & 1) === 0 ? oddSums : evenSums;
    // The longest first: what is within it need not be looked at.
    for (let digits = Math.min(longest, count); digits >= shortest; digits--) {
      const first = count - digits;
      if (begins[first & mask] === 0 || sum !== sums[first & mask] || !isIssued(first, digits)) continue;
      let group = groups - 1;
      while ((firsts[group & mask] ?? 0) > first) group--;
      if (this.#take(group, groups, count, end)) return;
    }
  }

  /** False: it is none, where it stands. */
  #take(group: number, groups: number, count: number, end: number): boolean {
    const start = starts[(firsts[group & mask] ?? 0) & mask] ?? 0;
    const place = this.#looks++ < mostLooks ? this.#look(group, groups, count, start, end) : { start, end };
    if (place === undefined) return false;
    const former = this.#found.at(-1);
    if (former === undefined || former.end <= start) {
      this.#found.push(place);
      return true;
    }
    // Two readings of the same digits: all of them.
    if (start < former.start) former.start = start;
    former.end = end;
    return true;
  }

  #look(group: number, groups: number, count: number, start: number, end: number): Writable | undefined {
    const grouping = groupingOf(this.#bytes, group, groups, count);
    const { isCard, name } = isCardHere(this.#bytes, { start, end, grouping, runStart: this.#runStart });
    if (!isCard) return undefined;
    return name === undefined ? { start, end } : { start, end, name };
  }
}

function wordEnd(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (inWord[bytes[at] ?? 0] === 1) at++;
  return at;
}

function isIssued(first: number, length: number): boolean {
  let prefix = 0;
  for (let number = first; number < first + 4; number++) prefix = prefix * 10 + (values[number & mask] ?? 0);
  return ((lengthsOfIssuers[prefix] ?? 0) & (1 << length)) !== 0;
}

function groupingOf(bytes: Buffer, first: number, groups: number, count: number): Grouping {
  const sizes: number[] = [];
  let isLoose = false;
  for (let group = first; group < groups; group++) {
    const next = group + 1 === groups ? count : (firsts[(group + 1) & mask] ?? 0);
    sizes.push(next - (firsts[group & mask] ?? 0));
    if (group > first && befores[group & mask] === 2) isLoose = true;
  }
  let isPlain = true;
  for (let number = firsts[first & mask] ?? 0; number < count; number++) {
    isPlain &&= interest[bytes[starts[number & mask] ?? 0] ?? 0] === digit;
  }
  return { groups: sizes, isLoose, isPlain, followsLoose: befores[first & mask] === 2 };
}
