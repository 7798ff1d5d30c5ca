/** How many lists the names of a table are spread over. */
const lists = 64;

/**
 * Names with numbers, found by their bytes in UTF-8. A stranger may send a hundred thousand names: to look one up, no text is
 * made of it, and it is compared with very few.
 */
export class NameTable {
  readonly #names: Buffer[] = [];
  readonly #lists: number[][] = Array.from({ length: lists }, () => []);
  /** Room for the longest name, for whoever has to decode one to look it up. */
  room = Buffer.alloc(0);
  /** Whether every name is in ASCII. */
  ascii = true;

  get size(): number {
    return this.#names.length;
  }

  /** The number of a name, which is added if it is not there yet. Numbers count from 0. */
  add(name: string): number {
    const bytes = Buffer.from(name);
    const known = this.find(bytes, 0, bytes.length);
    if (known !== -1) return known;
    const number = this.#names.push(bytes) - 1;
    this.#lists[listOf(bytes, 0, bytes.length)]?.push(number);
    if (bytes.length > this.room.length) this.room = Buffer.alloc(bytes.length);
    this.ascii &&= bytes.length === name.length;
    return number;
  }

  /** The number of the name that stands between two places, or -1. */
  find(bytes: Buffer, start: number, stop: number): number {
    const list = this.#lists[listOf(bytes, start, stop)];
    if (list === undefined) return -1;
    for (let index = 0; index < list.length; index++) {
      const number = list[index] ?? -1;
      if (isSame(this.#names[number], bytes, start, stop)) return number;
    }
    return -1;
  }
}

function listOf(bytes: Buffer, start: number, stop: number): number {
  return start === stop ? 0 : ((stop - start) * 31 + (bytes[start] ?? 0) * 7 + (bytes[stop - 1] ?? 0)) % lists;
}

function isSame(name: Buffer | undefined, bytes: Buffer, start: number, stop: number): boolean {
  if (name?.length !== stop - start) return false;
  for (let at = 0; at < name.length; at++) if (name[at] !== bytes[start + at]) return false;
  return true;
}
