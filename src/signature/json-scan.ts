import { toPointer } from '../diagnostics/pointer.js';
import { asText, type Value } from './filters.js';
import { malformed, notJson } from './json-text.js';
import { JsonWalker, twice } from './json-walker.js';
import { NameTable } from './name-table.js';
import type { Branch, Pointers } from './pointers.js';

const end = -1;
const openArray = 0x5b;
const openObject = 0x7b;

/** Where the value of each pointer begins and ends. */
interface Places {
  readonly starts: (number | undefined)[];
  readonly stops: (number | undefined)[];
}

/** What was found in a JSON text, by the numbers of the pointers. */
export class JsonTexts {
  readonly #walker: JsonWalker;
  readonly #places: Places;
  readonly #values: (Value | undefined)[] = [];

  constructor(walker: JsonWalker, places: Places) {
    this.#walker = walker;
    this.#places = places;
  }

  /** True if there is a value, be it null. */
  has(slot: number): boolean {
    return this.#places.starts[slot] !== undefined;
  }

  /**
   * The scalar as text (a number's as it was written) or as the bytes of it, or undefined where there is none. Throws if it is
   * written with more than `most` bytes, or with more than `escaped` if there are escapes.
   */
  value(slot: number, most = Number.POSITIVE_INFINITY, escaped = most): Value | undefined {
    const start = this.#places.starts[slot];
    if (start === undefined) return undefined;
    const stop = this.#places.stops[slot] ?? start;
    const longest = stop - start > escaped && this.#walker.hasEscapes(start, stop) ? escaped : most;
    if (stop - start > longest) throw malformed(`a field that is read has more than ${longest / 1024} KiB`);
    this.#values[slot] ??= this.#walker.scalar(start, stop);
    return this.#values[slot];
  }

  text(slot: number): string | undefined {
    const value = this.value(slot);
    return value === undefined ? undefined : asText(value);
  }
}

/**
 * What a scheme reads of a JSON text before anything is proven: see `JsonWalker`. Throws a Rejection `signature_malformed` where
 * two parsers could read two things: bytes that are not UTF-8, a name twice on the way to what is read, text after the end.
 */
export function scanJson(bytes: Buffer, pointers: Pointers): JsonTexts {
  const walker = new JsonWalker(bytes);
  walker.next();
  const texts = textsOf(walker, pointers);
  finish(walker);
  return texts;
}

/** `indices`: the item's place in each array on the way to it. */
export type VisitItem = (item: JsonTexts, indices: readonly number[]) => void;

/** Where the items of a batch are, and what is read of each. */
export interface ItemScan {
  /** Names, and `*` for each element of an array. */
  readonly path: readonly string[];
  /** For each name of the path a table that has it. */
  readonly tables: readonly (NameTable | undefined)[];
  readonly pointers: Pointers;
}

export function planBatch(path: readonly string[], pointers: Pointers): ItemScan {
  return { path, tables: path.map(tableOf), pointers };
}

/**
 * Calls `visit` for every item of a batch, in order, each as soon as it is found. Throws as `scanJson` does, and where the path
 * leads nowhere.
 */
export function scanItems(bytes: Buffer, batch: ItemScan, visit: VisitItem): void {
  const walker = new JsonWalker(bytes);
  enter(walker, batch, 0, [], visit);
  finish(walker);
}

function enter(walker: JsonWalker, batch: ItemScan, depth: number, indices: readonly number[], visit: VisitItem): void {
  const code = walker.next();
  if (depth === batch.path.length) {
    visit(textsOf(walker, batch.pointers), indices);
    return;
  }
  const names = batch.tables[depth];
  let found = false;
  if (names === undefined && code === openArray) {
    found = true;
    walker.eachElement(Number.POSITIVE_INFINITY, (index) => {
      enter(walker, batch, depth + 1, [...indices, index], visit);
    });
  } else if (names !== undefined && code === openObject) {
    walker.eachMember(names, () => {
      found = true;
      enter(walker, batch, depth + 1, indices, visit);
    });
  }
  if (!found) throw malformed('the items of the batch are not where they should be');
}

/**
 * The members of a JSON object, which must be scalars, in their order; null is an empty text. Throws as `scanJson` does, and if
 * there are more than `most`.
 */
export function scanMembers(bytes: Buffer, most: number): readonly (readonly [name: string, value: string])[] {
  const walker = new JsonWalker(bytes);
  const members = new Map<string, string>();
  if (walker.next() !== openObject) throw malformed('the body is not a JSON object');
  walker.everyMember((name) => {
    if (members.has(name)) throw twice();
    if (members.size === most) throw malformed(`the body has more than ${most} members, all of which are signed`);
    const start = walker.place;
    walker.skip();
    members.set(name, walker.scalar(start, walker.place)?.toString() ?? '');
  });
  finish(walker);
  return [...members];
}

/** JSON pointer of an item. */
export function itemPointer(path: readonly string[], indices: readonly number[]): string {
  let stars = 0;
  return toPointer(...path.map((segment) => (segment === '*' ? (indices[stars++] ?? 0) : segment)));
}

/** Undefined for `*`. */
function tableOf(name: string): NameTable | undefined {
  if (name === '*') return undefined;
  const names = new NameTable();
  names.add(name);
  return names;
}

function textsOf(walker: JsonWalker, { root }: Pointers): JsonTexts {
  const places: Places = { starts: [], stops: [] };
  locate(walker, root, places);
  return new JsonTexts(walker, places);
}

function locate(walker: JsonWalker, branch: Branch | undefined, places: Places): void {
  if (branch === undefined) {
    walker.skip();
    return;
  }
  if (branch.slot !== -1) places.starts[branch.slot] = walker.place;
  const code = walker.current;
  if (code === openObject && branch.names.size > 0) {
    walker.eachMember(branch.names, (number) => locate(walker, branch.below[number], places));
  } else if (code === openArray && branch.last >= 0) {
    walker.eachElement(branch.last, (index) => locate(walker, branch.positions.get(index), places));
  } else {
    walker.skip();
    if (branch.slot !== -1) places.stops[branch.slot] = walker.place;
  }
}

function finish(walker: JsonWalker): void {
  if (walker.next() !== end) throw notJson();
}
