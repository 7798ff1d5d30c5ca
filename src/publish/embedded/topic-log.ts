import { join } from 'node:path';
import type { Placement } from '../../model.js';
import type { AppendFile, Files } from '../disk/files.js';
import { type Damage, nameSegment, readFrames, saltOf, scanSegment, segmentBytes } from '../disk/segment.js';
import { listFiles, suffix } from './layout.js';
import { Encoder, type Timed } from './record.js';

export interface Append extends Timed {
  readonly resolve: (placement: Placement) => void;
  readonly reject: (error: unknown) => void;
}

interface Tail {
  readonly path: string;
  readonly file: AppendFile;
  /** Of the whole frames. */
  length: number;
}

export interface TopicLogOptions {
  readonly files: Files;
  readonly folder: string;
  readonly topic: string;
  readonly partition: number;
  readonly onDamage: (damage: Damage) => void;
}

/**
 * The end of a topic in a partition, and the only one who writes there. What of a failed write is whole on the disk, readers
 * may have seen: it counts as written. After a failure it looks what the disk has, as after a crash, before it goes on.
 */
export class TopicLog {
  readonly #options: TopicLogOptions;
  readonly #encoder = new Encoder();
  #tail: Tail | undefined;
  #next = 0;

  constructor(options: TopicLogOptions) {
    this.#options = options;
  }

  /** Settles all of them, and returns what kept some of them from the disk. One call at a time. */
  async write(appends: readonly Append[]): Promise<unknown> {
    let written = 0;
    let fault: unknown;
    try {
      const tail = await this.#open();
      const bytes = this.#encoder.encode(appends, this.#next, saltOf(tail.path));
      try {
        await tail.file.write([bytes]);
        written = appends.length;
      } catch (error) {
        fault = error;
        written = await this.#countWhole(tail);
      }
      if (written > 0) await tail.file.sync();
      tail.length += bytes.length;
    } catch (error) {
      fault ??= error;
      written = 0;
    }
    this.#settle(appends, written, fault);
    if (fault !== undefined) await this.close();
    return fault;
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
  async #countWhole({ path, length }: Tail): Promise<number> {
    const end = await this.#options.files.size(path);
    const look = { offset: length, end, maxBytes: Math.max(1, end - length), growing: true };
    return (await readFrames(this.#options.files, path, look)).frames.length;
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
    const path = join(this.#options.folder, nameSegment(this.#next, suffix));
    return { path, file: await this.#options.files.create(path), length: 0 };
  }

  /** Goes on behind the last whole frame; undefined where a new file has to be begun. */
  async #openLast(): Promise<Tail | undefined> {
    const { files, folder, onDamage } = this.#options;
    const last = (await listFiles(files, folder)).at(-1);
    if (last === undefined) return undefined;
    const { path, first } = last;
    const { segment, damage, whole } = await scanSegment(files, path);
    for (const each of damage) onDamage(each);
    this.#next = whole === 0 ? first : segment.last + 1;
    const file = await files.open(path);
    try {
      if (segment.length > whole) await file.truncate(whole);
      // Nobody was told that they are durable, and readers take it for granted once there is a further file.
      await file.sync();
      if (whole < segmentBytes) return { path, file, length: whole };
      await file.close();
      return undefined;
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
  }
}
