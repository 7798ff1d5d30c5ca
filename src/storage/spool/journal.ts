import { type Frame, frameHead, refuseLonger } from '../disk/frame.js';
import type { Segment } from '../disk/segment.js';
import { JournalFiles } from './journal-files.js';
import type { Left } from './left.js';
import { type JournalOptions, type LoadedJournal, loadJournal } from './load-journal.js';

/** Numbers that are done with are kept in memory up to so many, and up to twice what is needed. */
const pruneAtLeast = 1_000;

interface Append extends Frame {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Numbered bodies in files, in the order of their numbers: appended durably, read once from the front, forgotten from
 * the front. One process at a time has a journal. A crash at any instruction leaves every body whose append had resolved;
 * what it tears or what the disk damages is found by checksum, reported, and what is whole around it is used. A file of
 * which something can't be read is never removed, but set aside. A file that is taken away under a running gateway is written
 * again, from the one that is open.
 */
export class Journal {
  /** What a former process had sent of it when it was stopped, and had no answer to. */
  readonly left: Left;
  readonly #files: JournalFiles;
  /** Finished beyond `done`. */
  readonly #finished: Set<number>;
  #prunedTo = 0;
  #queue: Append[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | undefined;
  /** The end of what has the files for itself. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;
  #done: number;
  #last: number;
  #fault: unknown;
  #reading: { segment: Segment | undefined; offset: number } = { segment: undefined, offset: 0 };

  private constructor(options: JournalOptions, loaded: LoadedJournal) {
    this.left = loaded.left;
    this.#finished = loaded.finished;
    this.#done = loaded.done;
    this.#last = loaded.last;
    this.#files = new JournalFiles(options, loaded, () => ({ done: this.#done, finished: this.#finished }));
  }

  /** Rejects with a `NewerFormatError` before anything is changed, where a newer version has written some of it. */
  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options, await loadJournal(options));
    await journal.#files.removeDone(false);
    await journal.#files.prepare();
    return journal;
  }

  /** The highest number that was ever used here. */
  get last(): number {
    return this.#last;
  }

  /** Everything up to this number is done with. */
  get done(): number {
    return this.#done;
  }

  /** What a former process has finished beyond `done`. */
  get finished(): ReadonlySet<number> {
    return this.#finished;
  }

  /** Bytes on disk, or on their way there. */
  get bytes(): number {
    return this.#files.segments.reduce((sum, { length }) => sum + length, this.#pendingBytes);
  }

  /** Why the last append, or the last look after the files, failed; undefined: it did not. */
  get fault(): unknown {
    return this.#fault;
  }

  /** The number must be higher than every one before. Resolves when the body is durable; many at once share a sync. */
  append(number: number, body: Buffer): Promise<void> {
    if (number <= this.#last) throw new RangeError(`journal numbers ascend: ${number} after ${this.#last}`);
    refuseLonger(body.length);
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
    const { file } = segment;
    try {
      const look = await segment.readFrom(this.#reading.offset, maxBytes);
      for (const each of look.damage) if (!each.torn) this.#files.reportDamage(segment, each);
      return look;
    } catch (error) {
      // All of it was done with meanwhile, and the file is closed; or it was written again.
      if (!this.#files.segments.includes(segment)) return { frames: [], next: segment.length };
      if (segment.file !== file) return this.#readSegment(segment, maxBytes);
      throw error;
    }
  }

  /** Reading begins at the front once more. */
  rewind(): void {
    this.#reading = { segment: undefined, offset: 0 };
  }

  /** The segment that the reader is in while it has more, else the one after it; undefined at the end of what is durable. */
  #nextToRead(): Segment | undefined {
    const { segments } = this.#files;
    const { segment, offset } = this.#reading;
    if (segment !== undefined && offset < segment.length) return segment;
    const after = segments.slice(segment === undefined ? 0 : segments.indexOf(segment) + 1);
    // A crash has left some of them without a frame.
    const next = after.find(({ length, layout }) => length > layout.start);
    if (next === undefined) return undefined;
    this.#reading = { segment: next, offset: next.layout.start };
    return next;
  }

  /** These are finished, whatever is before them. Noted when it returns, so that a kill of the process undoes none of it. */
  finish(numbers: readonly number[]): void {
    this.#files.noteFinished(numbers);
    for (const number of numbers) if (number > this.#done) this.#finished.add(number);
  }

  /** Everything up to `number` is done with; files that hold nothing else go. */
  async forget(number: number): Promise<void> {
    // What a closed journal has left is for the next one.
    if (number <= this.#done || this.#closed) return;
    this.#done = number;
    if (this.#finished.size >= this.#prunedTo * 2 + pruneAtLeast) {
      for (const each of this.#finished) if (each <= number) this.#finished.delete(each);
      this.#prunedTo = this.#finished.size;
    }
    await this.#exclusively(() => this.#files.removeDone(this.#queue.length > 0));
  }

  /** Waits for the appends under way. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /**
   * Looks whether the files are still there, and writes again those that are not; after a fault, whether the disk takes
   * something again. `fault` has what comes of it.
   */
  async verify(): Promise<void> {
    if (this.#files.segments.length > 0 || this.#fault !== undefined)
      await this.#exclusively(() => this.#guard(() => this.#verifyNow()).catch(() => undefined));
  }

  async #verifyNow(): Promise<void> {
    await this.#files.restore();
    if (this.#fault !== undefined) await this.#files.tryNote(true);
  }

  async close(): Promise<void> {
    await this.flush();
    // What was taken away since the last look is written again: nobody else has it.
    await this.verify();
    this.#closed = true;
    await this.#exclusively(() => this.#files.close());
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#exclusively(() => {
        const batch = this.#queue;
        this.#queue = [];
        return this.#settle(batch);
      });
    }
    this.#writing = undefined;
  }

  async #settle(batch: readonly Append[]): Promise<void> {
    try {
      await this.#guard(() => this.#files.append(batch));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#pendingBytes -= batch.reduce((sum, { body }) => sum + frameHead + body.length, 0);
    }
  }

  /** Remembers whether it went well. */
  async #guard(action: () => Promise<void>): Promise<void> {
    try {
      await action();
      this.#fault = undefined;
    } catch (error) {
      this.#fault = error;
      throw error;
    }
  }

  /** One thing at a time is done to the files. */
  #exclusively(action: () => Promise<void>): Promise<void> {
    const run = this.#turn.then(action);
    this.#turn = run.catch(() => undefined);
    return run;
  }
}
