import { join } from 'node:path';
import type { Placement } from '../../core/model.js';
import type { AppendFile, Files } from '../disk/files.js';
import { frameHead } from '../disk/frame.js';
import { encodeHead, type Layout, makeHead } from '../disk/head.js';
import type { Keeper } from '../disk/keeper.js';
import { readFrames, scanFrames, segmentBytes } from '../disk/segment.js';
import { type LogFile, LogFiles, streamOf, suffix } from './layout.js';
import { Encoder, type Timed } from './record.js';

export interface Append extends Timed {
  readonly resolve: (placement: Placement) => void;
  readonly reject: (error: unknown) => void;
}

interface Tail {
  readonly path: string;
  readonly file: AppendFile;
  readonly layout: Layout;
  /** Of the whole frames. */
  length: number;
}

export interface TopicLogOptions {
  readonly files: Files;
  readonly folder: string;
  readonly topic: string;
  readonly partition: number;
  readonly keeper: Keeper;
  /** Makes sure that the folder is this process's alone, before a file is made in it; rejects if it can't be. */
  readonly retake: () => Promise<void>;
  /** A new file was begun. */
  readonly onBegin: () => void;
}

/**
 * The end of a topic in a partition, and the only one who writes there. What of a failed write is whole on the disk, readers
 * may have seen: it counts as written. After a failure it looks what the disk has, as after a crash, before it goes on. No
 * file is ever cut: behind an end that is not whole, a new file is begun.
 */
export class TopicLog {
  readonly #options: TopicLogOptions;
  readonly #encoder = new Encoder();
  /** Nothing is appended to these: what the disk has of them is not known. */
  readonly #left = new Set<string>();
  #tail: Tail | undefined;
  #next = 0;

  constructor(options: TopicLogOptions) {
    this.#options = options;
  }

  /** The file that is written to, while one is open. */
  get path(): string | undefined {
    return this.#tail?.path;
  }

  /** Settles all of them, and returns what kept some of them from the disk. One call at a time. */
  async write(appends: readonly Append[]): Promise<unknown> {
    let written = 0;
    let fault: unknown;
    try {
      const tail = await this.#open();
      const bytes = this.#encoder.encode(appends, this.#next, tail.layout.framing);
      try {
        await tail.file.write([bytes]);
        written = appends.length;
      } catch (error) {
        fault = error;
        written = await this.#countWhole(tail);
      }
      if (written > 0) await tail.file.sync().catch((error: unknown) => this.#writeElsewhere(appends, written, error));
      if (tail === this.#tail) tail.length += bytes.length;
    } catch (error) {
      fault ??= error;
      written = 0;
    }
    this.#settle(appends, written, fault);
    if (fault !== undefined) await this.close();
    return fault;
  }

  /** A sync that failed once may seem to succeed later, with nothing on the disk: only a new file can be trusted. */
  async #writeElsewhere(appends: readonly Append[], written: number, error: unknown): Promise<void> {
    const failed = this.#tail;
    await this.close();
    if (failed !== undefined) this.#left.add(failed.path);
    const tail = await this.#begin().catch(() => {
      throw error;
    });
    this.#tail = tail;
    const bytes = this.#encoder.encode(appends.slice(0, written), this.#next, tail.layout.framing);
    try {
      await tail.file.write([bytes]);
      await tail.file.sync();
    } catch {
      await this.close();
      // Readers must not see the same offsets in it with other records later.
      await this.#options.files.remove(tail.path).catch(() => this.#left.add(tail.path));
      throw error;
    }
    tail.length += bytes.length;
  }

  /** The next write opens it again. */
  async close(): Promise<void> {
    const tail = this.#tail;
    this.#tail = undefined;
    await tail?.file.close().catch(() => undefined);
  }

  #settle(appends: readonly Append[], written: number, fault: unknown): void {
    const { topic, partition } = this.#options;
    appends.forEach(({ resolve, reject }, index) => {
      if (index < written) resolve({ topic, partition, offset: BigInt(this.#next + index) });
      else reject(fault);
    });
    this.#next += written;
  }

  /** How many frames of the last write are whole. */
  async #countWhole({ path, file, layout, length }: Tail): Promise<number> {
    const end = await this.#options.files.size(path);
    const look = { offset: length, end, maxBytes: Math.max(1, end - length), growing: true };
    const read = (offset: number, bytes: number) => file.read(offset, bytes);
    return (await readFrames(read, path, layout.framing, look)).frames.length;
  }

  async #open(): Promise<Tail> {
    const known = this.#tail;
    if (known !== undefined && known.length < segmentBytes) return known;
    await this.close();
    // What this process has filled need not be read again.
    const last = known === undefined ? await this.#openLast() : undefined;
    const tail = last ?? (await this.#begin());
    this.#tail = tail;
    return tail;
  }

  async #begin(): Promise<Tail> {
    const { files, folder, retake, onBegin } = this.#options;
    await retake();
    const { name, head } = makeHead(streamOf(folder), this.#next, suffix);
    const path = join(folder, name);
    const { line, layout } = encodeHead('log', head);
    const file = await files.create(path);
    try {
      await file.write([line]);
    } catch (error) {
      await file.close().catch(() => undefined);
      await files.remove(path).catch(() => undefined);
      throw error;
    }
    onBegin();
    return { path, file, layout, length: layout.start };
  }

  /** Goes on behind the last whole frame; undefined where a new file has to be begun. */
  async #openLast(): Promise<Tail | undefined> {
    const { files, folder, keeper } = this.#options;
    const all = new LogFiles(files, folder);
    for (const path of await all.listForeign())
      await keeper.setAside(path, 0, 'this is not a file of the embedded log, or another topic’s');
    const last = (await all.list()).at(-1);
    if (last === undefined) return undefined;
    if (last.layout !== undefined) return this.#openFile(last, last.layout);
    // A crash has left it without its first line.
    this.#next = Math.max(this.#next, last.first);
    await files.remove(last.path);
    return this.#openLast();
  }

  /** Nothing of the file can be read: the one before it is the last. */
  async #leave({ path, first }: LogFile): Promise<Tail | undefined> {
    const { files, keeper } = this.#options;
    // What was in it had offsets.
    this.#next = Math.max(this.#next, first + Math.ceil((await files.size(path)) / frameHead));
    await keeper.setAside(path, 0, 'nothing of this file can be read');
    return this.#openLast();
  }

  async #openFile(log: LogFile, layout: Layout): Promise<Tail | undefined> {
    const { files, keeper } = this.#options;
    const { path, first, guessed } = log;
    const file = await files.open(path);
    let kept = false;
    try {
      const read = (offset: number, length: number) => file.read(offset, length);
      const { damage, last, whole, end } = await scanFrames(read, path, layout);
      if (guessed && whole === layout.start) return await this.#leave(log);
      for (const each of damage) keeper.report(each);
      // What is damaged behind the last whole frame may have had offsets, too.
      const behind = damage.filter(({ torn, offset }) => !torn && offset >= whole);
      const unknown = behind.reduce((sum, { bytes }) => sum + Math.ceil(bytes / frameHead), 0);
      this.#next = Math.max(this.#next, (whole === layout.start ? first : last + 1) + unknown);
      // Nobody was told that they are durable, and readers take it for granted once there is a further file.
      await file.sync();
      kept = end === whole && whole < segmentBytes && !guessed && layout.start > 0 && !this.#left.has(path);
      return kept ? { path, file, layout, length: whole } : undefined;
    } finally {
      if (!kept) await file.close().catch(() => undefined);
    }
  }
}
