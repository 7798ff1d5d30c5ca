import { join } from 'node:path';
import type { AppendFile, Files } from '../disk/files.js';
import { encodeFrame, type Frame, frameHead } from '../disk/frame.js';
import { type Damage, nameSegment, Segment, scanSegment, segmentBytes } from '../disk/segment.js';

const suffix = '.journal';
const doneFile = 'done';

interface Append extends Frame {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Numbered bodies in files, in the order of their numbers: appended durably, read once from the front, forgotten from
 * the front. One process at a time has a journal. A crash at any instruction leaves every body whose append had resolved;
 * what it tears or what the disk damages is found by checksum, reported, and what is whole around it is kept.
 */
export class Journal {
  readonly #files: Files;
  readonly #folder: string;
  readonly #segments: Segment[];
  #active: { readonly file: AppendFile; readonly segment: Segment } | undefined;
  #queue: Append[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | undefined;
  #done: number;
  /** What the disk knows of it. */
  #noted: number;
  #last: number;
  #reading: { segment: Segment | undefined; offset: number } = { segment: undefined, offset: 0 };

  private constructor(files: Files, folder: string, segments: Segment[], done: number) {
    this.#files = files;
    this.#folder = folder;
    this.#segments = segments;
    this.#done = done;
    this.#noted = done;
    this.#last = Math.max(done, ...segments.map(({ last }) => last));
  }

  static async open(files: Files, folder: string): Promise<{ journal: Journal; damage: readonly Damage[] }> {
    const done = Number((await files.text(join(folder, doneFile))) || 0);
    const segments: Segment[] = [];
    const damage: Damage[] = [];
    for (const name of await files.list(folder)) {
      if (!name.endsWith(suffix)) continue;
      const scanned = await scanSegment(files, join(folder, name));
      damage.push(...scanned.damage);
      if (scanned.segment.length > 0) segments.push(scanned.segment);
      else await files.remove(scanned.segment.path);
    }
    const journal = new Journal(files, folder, segments, Number.isSafeInteger(done) ? done : 0);
    await journal.#removeDone();
    return { journal, damage };
  }

  /** The highest number that was ever used here. */
  get last(): number {
    return this.#last;
  }

  /** Everything up to this number is done with. */
  get done(): number {
    return this.#done;
  }

  /** Bytes on disk, or on their way there. */
  get bytes(): number {
    return this.#segments.reduce((sum, { length }) => sum + length, this.#pendingBytes);
  }

  /** The number must be higher than every one before. Resolves when the body is durable; many at once share a sync. */
  append(number: number, body: Buffer): Promise<void> {
    if (number <= this.#last) throw new RangeError(`journal numbers ascend: ${number} after ${this.#last}`);
    this.#last = number;
    return new Promise((resolve, reject) => {
      this.#pendingBytes += frameHead + body.length;
      this.#queue.push({ number, body, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** The next frames that are durable and not done, from where the last call ended: at least one if there is any. */
  async read(maxBytes: number): Promise<readonly Frame[]> {
    for (let segment = this.#nextToRead(); segment !== undefined; segment = this.#nextToRead()) {
      const { frames, next } = await this.#readSegment(segment, maxBytes);
      this.#reading = { segment, offset: next };
      const wanted = frames.filter(({ number }) => number > this.#done);
      if (wanted.length > 0) return wanted;
    }
    return [];
  }

  async #readSegment(segment: Segment, maxBytes: number): Promise<{ frames: readonly Frame[]; next: number }> {
    try {
      return await segment.readFrom(this.#files, this.#reading.offset, maxBytes);
    } catch (error) {
      // All of it was done with meanwhile, and the file is gone.
      if (!this.#segments.includes(segment)) return { frames: [], next: segment.length };
      throw error;
    }
  }

  /** Reading begins at the front once more. */
  rewind(): void {
    this.#reading = { segment: undefined, offset: 0 };
  }

  /** The segment that the reader is in while it has more, else the one after it; undefined at the end of what is durable. */
  #nextToRead(): Segment | undefined {
    const { segment, offset } = this.#reading;
    if (segment !== undefined && offset < segment.length) return segment;
    const next = this.#segments[segment === undefined ? 0 : this.#segments.indexOf(segment) + 1];
    if (next === undefined || next.length === 0) return undefined;
    this.#reading = { segment: next, offset: 0 };
    return next;
  }

  /** Everything up to `number` is done with; files that hold nothing else go. */
  async forget(number: number): Promise<void> {
    if (number <= this.#done) return;
    this.#done = number;
    await this.#noteDone();
    await this.#removeDone();
  }

  /** A full disk may refuse the note, but it must not keep the files that could go. The next note makes good for it. */
  async #noteDone(): Promise<void> {
    const done = this.#done;
    try {
      await this.#files.replace(join(this.#folder, doneFile), String(done));
      this.#noted = done;
    } catch {
      // Without it, the next process sends some records once more.
    }
  }

  /** Waits for the appends under way. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    if (this.#noted !== this.#done) await this.#noteDone();
    await this.#active?.file.close();
    this.#active = undefined;
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      const bytes = batch.reduce((sum, { body }) => sum + frameHead + body.length, 0);
      try {
        await this.#writeBatch(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        await this.#abandon();
        for (const { reject } of batch) reject(error);
      } finally {
        this.#pendingBytes -= bytes;
      }
    }
    this.#writing = undefined;
  }

  async #writeBatch(batch: readonly Frame[]): Promise<void> {
    const { file, segment } = await this.#activate(batch[0]?.number ?? 0);
    await file.write(batch.map(({ number, body }) => encodeFrame(number, body, segment.salt)));
    await file.sync();
    for (const { body, number } of batch) segment.grow(frameHead + body.length, number);
  }

  async #activate(number: number): Promise<{ readonly file: AppendFile; readonly segment: Segment }> {
    if (this.#active && this.#active.segment.length >= segmentBytes) {
      await this.#active.file.close();
      this.#active = undefined;
    }
    if (this.#active) return this.#active;
    const path = join(this.#folder, nameSegment(number, suffix));
    const file = await this.#files.create(path);
    const segment = new Segment(path, 0, 0);
    this.#segments.push(segment);
    this.#active = { file, segment };
    return this.#active;
  }

  /** After a failed write nobody knows what the end of the file holds: cut it back, and go on in a new one. */
  async #abandon(): Promise<void> {
    const active = this.#active;
    this.#active = undefined;
    if (!active) return;
    const { file, segment } = active;
    await file.truncate(segment.length).catch(() => undefined);
    await file.close().catch(() => undefined);
    if (segment.length > 0) return;
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    await this.#files.remove(segment.path).catch(() => undefined);
  }

  async #removeDone(): Promise<void> {
    while (this.#segments.length > 0) {
      const [first] = this.#segments;
      if (first === undefined || first.last > this.#done) return;
      const active = this.#active;
      if (first === active?.segment) {
        if (this.#writing) return;
        this.#active = undefined;
        await active.file.close();
      }
      this.#segments.shift();
      await this.#files.remove(first.path);
    }
  }
}
