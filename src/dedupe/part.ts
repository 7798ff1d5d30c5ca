import { entrySize, kinds, readEntries, readKind } from './entry.js';
import type { LogFile } from './folder.js';

/** Gets a whole entry: it lies at `at` of `from`, and at `position` of the file of this number. */
export type Visit = (entry: {
  readonly number: number;
  readonly position: number;
  readonly from: Buffer;
  readonly at: number;
}) => void;

/** Nothing that is read from it outlives a call. */
const scratch = Buffer.allocUnsafe(64 * 1024);
const oneEntry = Buffer.allocUnsafe(entrySize);

/** A file of a chain, as far as this process knows it: read forward, entry by entry, while anybody appends to it. */
export class Part {
  readonly number: number;
  readonly #file: LogFile;
  /** Bytes that have been read. */
  #position = 0;
  #damaged = 0;
  #ended = false;
  /** Something was appended by this process. */
  #dirty = false;

  constructor(number: number, file: LogFile) {
    this.number = number;
    this.#file = file;
  }

  get position(): number {
    return this.#position;
  }

  /** Its end has been read: the next file goes on. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Passes the next entries on, some milliseconds' worth; says whether there may be more. */
  readSome(visit: Visit): boolean {
    if (this.#ended) return false;
    const position = this.#position;
    const length = this.#file.read(scratch, position);
    if (length < entrySize) return false;
    const from = scratch.subarray(0, length);
    const { done, damaged } = readEntries(from, (at) => {
      if (readKind(from, at) === kinds.turn) this.#ended = true;
      else visit({ number: this.number, position: position + at, from, at });
      return !this.#ended;
    });
    this.#position += done;
    this.#damaged += damaged;
    return length === scratch.length;
  }

  /** Bytes that are no entry, a torn one at the end included. */
  countDamaged(): number {
    return this.#damaged + (this.#ended ? 0 : this.#file.read(oneEntry, this.#position));
  }

  /** The bytes of an entry, valid until the next call; undefined where there are none. */
  read(position: number): Buffer | undefined {
    return this.#file.read(oneEntry, position) === entrySize ? oneEntry : undefined;
  }

  append(entries: Buffer): Promise<void> {
    this.#dirty = true;
    return this.#file.append(entries);
  }

  appendNow(entries: Buffer): void {
    this.#dirty = true;
    this.#file.appendNow(entries);
  }

  /** What this process has appended survives a crash of the machine from now on. */
  async sync(): Promise<void> {
    if (this.#dirty) await this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }
}
