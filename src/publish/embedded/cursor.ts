import type { Files } from '../disk/files.js';
import { type Damage, readFrames, segmentBytes } from '../disk/segment.js';
import type { StoredRecord } from '../read.js';
import { type LogFile, listFiles } from './layout.js';
import { decodeRecord } from './record.js';

const lookBytes = 1024 * 1024;

export interface CursorOptions {
  readonly files: Files;
  readonly folder: string;
  readonly topic: string;
  readonly partition: number;
  /** Offset of the first record. */
  readonly next: number;
  /** Exclusive; Infinity: follow. */
  readonly end: number;
  readonly onDamage: (damage: Damage) => void;
}

/** Reads a topic of a partition, while somebody may write it. What it gives is durable: it syncs what it finds at the end. */
export class Cursor {
  readonly #options: CursorOptions;
  #next: number;
  #file: (LogFile & { readonly newest: boolean }) | undefined;
  /** Bytes of the file that are done with. */
  #position = 0;

  constructor(options: CursorOptions) {
    this.#options = options;
    this.#next = options.next;
  }

  /** The next records, some at a time; none where there are no more now. */
  async read(): Promise<readonly StoredRecord[]> {
    if (this.#file === undefined) await this.#moveOn();
    while (this.#file !== undefined && this.#next < this.#options.end) {
      const { path, newest } = this.#file;
      const before = this.#position;
      const size = await this.#options.files.size(path);
      const records = size > before ? await this.#look(path, size, newest) : [];
      if (records.length > 0) return records;
      if (this.#position > before) continue;
      // A writer begins a new file behind a full one, or behind one whose end he could not read.
      if (newest && size === before && size < segmentBytes) return [];
      if (!(await this.#moveOn())) return [];
    }
    return [];
  }

  async #look(path: string, size: number, newest: boolean): Promise<readonly StoredRecord[]> {
    const { files, topic, partition, end, onDamage } = this.#options;
    if (newest) await files.sync(path);
    const look = { offset: this.#position, end: size, maxBytes: lookBytes, growing: newest };
    const { frames, damage, next } = await readFrames(files, path, look);
    this.#position = next;
    for (const each of damage) onDamage(each);
    const wanted = frames.filter(({ number }) => number >= this.#next && number < end);
    this.#next = Math.max(this.#next, (frames.at(-1)?.number ?? -1) + 1);
    return wanted.map((frame) => decodeRecord(topic, partition, frame));
  }

  /** Finds the file that has the next record, or the one behind the current. Says whether there is more to read. */
  async #moveOn(): Promise<boolean> {
    const all = await listFiles(this.#options.files, this.#options.folder);
    const current = this.#file;
    const at = all.findIndex(({ path }) => path === current?.path);
    if (current?.newest && at >= 0 && at < all.length - 1) {
      // It may have grown until the writer left it.
      this.#file = { ...current, newest: false };
      return true;
    }
    const index = current === undefined ? all.findLastIndex(({ first }) => first <= this.#next) : at + 1;
    const file = all[Math.max(0, index)];
    if (file === undefined || file.path === current?.path) return false;
    this.#file = { ...file, newest: file === all.at(-1) };
    this.#position = 0;
    return true;
  }
}
