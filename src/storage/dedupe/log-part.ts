import { NewerFormatError } from '../../util/newer-format.js';
import { type EntryFormat, encodeVersion, fileVersion, kinds, readFormatVersion, readKind } from './entry.js';
import type { SharedLogFile } from './folder.js';

/** Gets a whole entry: it lies at `at` of `from`, and at `position` of the file of this number. */
export type Visit = (entry: {
  readonly number: number;
  readonly position: number;
  readonly from: Buffer;
  readonly at: number;
}) => void;

/** Nothing that is read from it outlives a call. */
const scratch = Buffer.allocUnsafe(64 * 1024);
const oneEntry = Buffer.allocUnsafe(64);

/** A file of a chain, as far as this process knows it: read forward, entry by entry, while anybody appends to it. */
export class LogPart {
  readonly number: number;
  readonly #file: SharedLogFile;
  readonly #format: EntryFormat;
  /** Bytes that have been read. */
  #position = 0;
  #damaged = 0;
  #ended = false;
  /** Something was appended by this process. */
  #dirty = false;

  constructor(number: number, file: SharedLogFile, format: EntryFormat) {
    this.number = number;
    this.#file = file;
    this.#format = format;
  }

  get position(): number {
    return this.#position;
  }

  /** Its end has been read: the next file goes on. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Passes the next entries on, some milliseconds' worth; says whether there may be more. Throws a `NewerFormatError`. */
  readSome(visit: Visit): boolean {
    if (this.#ended) return false;
    const position = this.#position;
    const length = this.#file.read(scratch, position);
    if (length < this.#format.size) return false;
    const from = scratch.subarray(0, length);
    const { done, damaged } = this.#format.readEntries(from, (at) => {
      const kind = readKind(from, at);
      if (kind === kinds.version) this.#checkVersion(readFormatVersion(from, at));
      else if (kind === kinds.turn) this.#ended = true;
      else visit({ number: this.number, position: position + at, from, at });
      return !this.#ended;
    });
    this.#position += done;
    this.#damaged += damaged;
    return length === scratch.length;
  }

  /** Bytes that are no entry, a torn one at the end included. */
  countDamaged(): number {
    return this.#damaged + (this.#ended ? 0 : this.#file.read(this.#scratch(), this.#position));
  }

  /** The bytes of an entry, valid until the next call; undefined where there are none. */
  read(position: number): Buffer | undefined {
    const entry = this.#scratch();
    return this.#file.read(entry, position) === entry.length ? entry : undefined;
  }

  append(entries: Buffer): Promise<void> {
    return this.#file.append(this.#begin(entries));
  }

  appendNow(entries: Buffer): void {
    this.#file.appendNow(this.#begin(entries));
  }

  /** A file begins with its version. Of two processes that begin it at once, both may write that. */
  #begin(entries: Buffer): Buffer {
    this.#dirty = true;
    return this.#position === 0 ? Buffer.concat([encodeVersion(), entries]) : entries;
  }

  #scratch(): Buffer {
    return oneEntry.subarray(0, this.#format.size);
  }

  #checkVersion(version: number): void {
    if (version > fileVersion) throw new NewerFormatError(this.#file.path, version, fileVersion);
  }

  /** What this process has appended survives a crash of the machine from now on. */
  async sync(): Promise<void> {
    if (this.#dirty) await this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }
}
