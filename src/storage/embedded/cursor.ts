import type { StoredRecord } from '../../publish/read.js';
import type { Files } from '../disk/files.js';
import { identifyFile } from '../disk/head.js';
import { type Damage, readFrames, segmentBytes } from '../disk/segment.js';
import { type LogFile, LogFiles, orGone, streamOf } from './layout.js';
import { decodeRecord } from './record.js';

const lookBytes = 1024 * 1024;
/** So many times that a file has not grown until it is looked whether there is another one behind it. */
const idleLooks = 10;

export interface CursorOptions {
  readonly files: Files;
  readonly folder: string;
  readonly topic: string;
  readonly partition: number;
  /** Offset of the first record. */
  readonly next: number;
  /** Exclusive; Infinity: follow. */
  readonly end: number;
  readonly onDamage: (damage: Omit<Damage, 'torn'>) => void;
}

/**
 * Reads a topic of a partition, while somebody may write it, and delete its oldest files. What it gives is durable: it syncs
 * what it finds at the end.
 */
export class Cursor {
  readonly #options: CursorOptions;
  readonly #all: LogFiles;
  #next: number;
  #file: (LogFile & { readonly newest: boolean }) | undefined;
  /** Bytes of the file that are done with. */
  #position = 0;
  #idle = 0;

  constructor(options: CursorOptions) {
    this.#options = options;
    this.#all = new LogFiles(options.files, options.folder);
    this.#next = options.next;
  }

  /** The next records, some at a time; none where there are no more now. */
  async read(): Promise<readonly StoredRecord[]> {
    if (this.#file === undefined) await this.#moveOn();
    while (this.#file !== undefined && this.#next < this.#options.end) {
      const { path, newest } = this.#file;
      const before = this.#position;
      const size = await this.#options.files.size(path);
      const records = size > before ? ((await this.#look(path, size, newest).catch(orGone)) ?? []) : [];
      if (records.length > 0) return records;
      if (this.#position > before) continue;
      // A writer begins a new file behind a full one, or behind one whose end he could not read.
      if (newest && size === before && size > 0 && size < segmentBytes && (await this.#seemsNewest(path))) return [];
      if (!(await this.#moveOn())) return [];
    }
    return [];
  }

  /** Who follows looks only now and then. */
  async #seemsNewest(path: string): Promise<boolean> {
    if (this.#options.end === Number.POSITIVE_INFINITY && ++this.#idle % idleLooks !== 0) return true;
    return (await this.#all.list()).at(-1)?.path === path;
  }

  async #look(path: string, size: number, newest: boolean): Promise<readonly StoredRecord[]> {
    const { files, topic, partition, end, onDamage } = this.#options;
    const read = (offset: number, length: number) => files.read(path, offset, length);
    if (this.#file?.layout === undefined) {
      const identity = await identifyFile(read, path, 'log', streamOf(this.#options.folder));
      if (!('layout' in identity)) return [];
      this.#enter({ path, first: identity.layout.first, layout: identity.layout, guessed: false }, newest);
    }
    const layout = this.#file?.layout;
    if (layout === undefined) return [];
    if (newest) await files.sync(path);
    const look = { offset: this.#position, end: size, maxBytes: lookBytes, growing: newest };
    const { frames, damage, next } = await readFrames(read, path, layout.framing, look);
    this.#position = next;
    // What a crash has torn was never there for anybody.
    for (const { torn, ...each } of damage) if (!torn) onDamage(each);
    const wanted = frames.filter(({ number }) => number >= this.#next && number < end);
    this.#next = Math.max(this.#next, (frames.at(-1)?.number ?? -1) + 1);
    return wanted.map((frame) => decodeRecord(topic, partition, frame));
  }

  #enter(file: LogFile, newest: boolean): void {
    this.#file = { ...file, newest };
    this.#position = file.layout?.start ?? 0;
    if (file.guessed) this.#options.onDamage({ file: file.path, offset: 0, bytes: this.#position });
  }

  /** Finds the file that has the next record, or the one behind the current. Says whether there is more to read. */
  async #moveOn(): Promise<boolean> {
    const all = await this.#all.list();
    const current = this.#file;
    const at = all.findIndex(({ path }) => path === current?.path);
    if (current?.newest && at >= 0 && at < all.length - 1) {
      // It may have grown until the writer left it.
      this.#file = { ...current, newest: false };
      return true;
    }
    const index = at < 0 ? findStart(all, this.#next) : at + 1;
    const file = all[Math.max(0, index)];
    if (file === undefined || file.path === current?.path) return false;
    this.#enter(file, file === all.at(-1));
    return true;
  }
}

/**
 * The file in which an offset is looked for first; -1: all begin behind it. Of several that begin with the same offset, a sync
 * of one has failed: either may have lost what the other has.
 */
function findStart(all: readonly LogFile[], offset: number): number {
  const begin = all.findLast(({ first }) => first <= offset)?.first;
  return all.findIndex(({ first }) => first === begin);
}
