/** A table grows by a part of itself at a time, so that no insertion takes long: at 4 million ids, 2 ms. */
const segmentCount = 64;
const firstSize = 16;
/** A segment that is this full grows by half. */
const fullest = 0.8;
const growth = 1.5;

interface Segment {
  /** For each slot a fingerprint and a position + 1; 0: empty. */
  slots: Uint32Array;
  used: number;
}

/**
 * Where events lie in a file, in 10 to 15 bytes each: an open-addressing hash table of fingerprints and positions. What it
 * finds has to be looked at in the file: two may have the same fingerprint. Nothing is ever taken out.
 */
export class Table {
  readonly #segments: Segment[] = Array.from({ length: segmentCount }, () => ({
    slots: new Uint32Array(2 * firstSize),
    used: 0,
  }));

  /** `key`: at least 5 bytes of a digest as Latin-1. `digest`: of the content, where it is for that alone, else empty. `position`: below 2^32 - 1. */
  add(key: string, digest: string, position: number): void {
    const segment = this.#segmentOf(key, digest);
    if (segment.used >= (segment.slots.length / 2) * fullest) grow(segment);
    insert(segment.slots, fingerprint(key, digest), position + 1);
    segment.used++;
  }

  /** The positions at which it may lie. */
  find(key: string, digest: string): readonly number[] {
    const { slots } = this.#segmentOf(key, digest);
    const wanted = fingerprint(key, digest);
    let found = none;
    for (let slot = home(wanted, slots.length); slots[slot + 1] !== 0; slot = next(slot, slots.length)) {
      if (slots[slot] === wanted) found = [...found, (slots[slot + 1] ?? 0) - 1];
    }
    return found;
  }

  /** What it takes in memory. */
  get bytes(): number {
    return this.#segments.reduce((sum, { slots }) => sum + slots.byteLength, 0);
  }

  #segmentOf(key: string, digest: string): Segment {
    const segment = this.#segments[mix(key, digest, 4) % segmentCount];
    if (segment === undefined) throw new RangeError('no segment');
    return segment;
  }
}

const none: readonly number[] = [];

function grow(segment: Segment): void {
  const { slots } = segment;
  segment.slots = new Uint32Array(2 * Math.ceil((slots.length / 2) * growth));
  for (let slot = 0; slot < slots.length; slot += 2) {
    const position = slots[slot + 1] ?? 0;
    if (position !== 0) insert(segment.slots, slots[slot] ?? 0, position);
  }
}

function insert(slots: Uint32Array, print: number, position: number): void {
  let slot = home(print, slots.length);
  while (slots[slot + 1] !== 0) slot = next(slot, slots.length);
  slots[slot] = print;
  slots[slot + 1] = position;
}

function fingerprint(key: string, digest: string): number {
  const high = (mix(key, digest, 0) << 8) | mix(key, digest, 1);
  return high * 0x10000 + ((mix(key, digest, 2) << 8) | mix(key, digest, 3));
}

/** Beyond the end of a text there is NaN, which counts as 0 here. */
function mix(key: string, digest: string, at: number): number {
  return key.charCodeAt(at) ^ digest.charCodeAt(at);
}

/** Spreads fingerprints evenly over any number of slots. */
function home(print: number, length: number): number {
  return 2 * Math.floor((print * (length / 2)) / 2 ** 32);
}

function next(slot: number, length: number): number {
  return slot + 2 === length ? 0 : slot + 2;
}
