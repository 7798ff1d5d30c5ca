/** A table grows by a part of itself at a time, so that no insertion takes long: at 4 million events, 2 ms. */
const segmentCount = 64;
const firstSize = 16;
/** A segment that is this full grows by half. */
const fullest = 0.8;
const growth = 1.5;
/** Numbers in a slot: print of the id, print of the content, position + 1. A position of 0: the slot is empty. */
const width = 3;
/** Stands for the content of an event that is not the first of its id: its slot is found by id and content. */
const later = 0;

interface Segment {
  slots: Uint32Array;
  used: number;
}

/**
 * Where events lie in a file, in 15 to 22 bytes each: an open-addressing hash table of prints and positions. What it finds has
 * to be looked at in the file: two may have the same prints. Nothing is ever taken out. The first event of an id has its place by
 * the id, the others by id and content, so that one id with a million contents is as quick as a million ids.
 */
export class Table {
  readonly #segments: Segment[] = Array.from({ length: segmentCount }, () => ({
    slots: new Uint32Array(width * firstSize),
    used: 0,
  }));

  /**
   * `id`: at least 5 bytes of a digest as Latin-1. `digest`: of the content, base64; empty where it is not known. `position`:
   * below 2^32 - 1.
   */
  add(id: string, digest: string, position: number): void {
    const print = printOf(id);
    const content = contentPrint(digest);
    const byId = this.#segments[segmentOf(id)];
    if (byId !== undefined && !has(byId.slots, print)) insertInto(byId, print, content, position + 1);
    else insertInto(this.#later(id, content), mix(print, content), later, position + 1);
  }

  /** The positions at which the first event of the id may lie. */
  findId(id: string): readonly number[] {
    return positionsIn(this.#segments[segmentOf(id)], printOf(id), undefined);
  }

  /** The positions at which an event of this id and content may lie. */
  find(id: string, digest: string): readonly number[] {
    const print = printOf(id);
    const content = contentPrint(digest);
    const byId = this.#segments[segmentOf(id)];
    const first = positionsIn(byId, print, content);
    if (first.length > 0 || byId === undefined || !has(byId.slots, print)) return first;
    return positionsIn(this.#later(id, content), mix(print, content), later);
  }

  /** What it takes in memory. */
  get bytes(): number {
    return this.#segments.reduce((sum, { slots }) => sum + slots.byteLength, 0);
  }

  #later(id: string, content: number): Segment {
    const segment = this.#segments[(segmentOf(id) ^ (content >>> 8)) % segmentCount];
    if (segment === undefined) throw new RangeError('no segment');
    return segment;
  }
}

const none: readonly number[] = [];

function has(slots: Uint32Array, print: number): boolean {
  for (let slot = home(print, slots.length); slots[slot + 2] !== 0; slot = next(slot, slots.length)) {
    if (slots[slot] === print && slots[slot + 1] !== later) return true;
  }
  return false;
}

/** `content` undefined: whatever it is, but for those that have their place by it. */
function positionsIn(segment: Segment | undefined, print: number, content: number | undefined): readonly number[] {
  if (segment === undefined) return none;
  const { slots } = segment;
  let found = none;
  for (let slot = home(print, slots.length); slots[slot + 2] !== 0; slot = next(slot, slots.length)) {
    if (slots[slot] !== print) continue;
    const fits = content === undefined ? slots[slot + 1] !== later : slots[slot + 1] === content;
    if (fits) found = [...found, (slots[slot + 2] ?? 0) - 1];
  }
  return found;
}

function insertInto(segment: Segment, print: number, content: number, position: number): void {
  if (segment.used >= (segment.slots.length / width) * fullest) grow(segment);
  insert(segment.slots, print, content, position);
  segment.used++;
}

function grow(segment: Segment): void {
  const { slots } = segment;
  segment.slots = new Uint32Array(width * Math.ceil((slots.length / width) * growth));
  for (let slot = 0; slot < slots.length; slot += width) {
    const position = slots[slot + 2] ?? 0;
    if (position !== 0) insert(segment.slots, slots[slot] ?? 0, slots[slot + 1] ?? 0, position);
  }
}

function insert(slots: Uint32Array, print: number, content: number, position: number): void {
  let slot = home(print, slots.length);
  while (slots[slot + 2] !== 0) slot = next(slot, slots.length);
  slots[slot] = print;
  slots[slot + 1] = content;
  slots[slot + 2] = position;
}

function segmentOf(id: string): number {
  return id.charCodeAt(4) % segmentCount;
}

function printOf(id: string): number {
  const high = (id.charCodeAt(0) << 8) | id.charCodeAt(1);
  return high * 0x10000 + ((id.charCodeAt(2) << 8) | id.charCodeAt(3));
}

/** Never `later`. */
function contentPrint(digest: string): number {
  let print = 0;
  for (let at = 0; at < 6; at++) print = (Math.imul(print, 64) + digest.charCodeAt(at)) | 0;
  return (print | 1) >>> 0;
}

function mix(print: number, content: number): number {
  return (print ^ Math.imul(content, 0x9e3779b1)) >>> 0;
}

/** Spreads prints evenly over any number of slots. */
function home(print: number, length: number): number {
  return width * Math.floor((print * (length / width)) / 2 ** 32);
}

function next(slot: number, length: number): number {
  return slot + width === length ? 0 : slot + width;
}
