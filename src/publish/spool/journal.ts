import { join } from 'node:path';
import { GoneError } from '../disk/files.js';
import { encodeFrame, type Frame, frameHead, refuseLonger } from '../disk/frame.js';
import { encodeHead, makeHead } from '../disk/head.js';
import { type Damage, Segment, segmentBytes } from '../disk/segment.js';
import type { Acked } from './acked.js';
import { type JournalOptions, journalSuffix, loadJournal } from './load-journal.js';
import { writeNote } from './note.js';
import { restoreSegment } from './restore.js';

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
  readonly #options: JournalOptions;
  readonly #segments: Segment[];
  readonly #acked: Acked;
  /** Finished beyond `done`. */
  readonly #finished: Set<number>;
  #prunedTo = 0;
  #active: Segment | undefined;
  #queue: Append[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | undefined;
  /** The end of what has the files for itself. */
  #turn: Promise<unknown> = Promise.resolve();
  #done: number;
  /** What the disk knows of it. */
  #noted: number;
  #last: number;
  #fault: unknown;
  #reading: { segment: Segment | undefined; offset: number } = { segment: undefined, offset: 0 };

  private constructor(options: JournalOptions, loaded: Awaited<ReturnType<typeof loadJournal>>) {
    this.#options = options;
    this.#segments = [...loaded.segments];
    this.#acked = loaded.acked;
    this.#finished = loaded.finished;
    this.#done = loaded.done;
    this.#noted = loaded.done;
    this.#last = loaded.last;
  }

  /** Rejects with a `NewerFormatError` before anything is changed, where a newer version has written some of it. */
  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options, await loadJournal(options));
    await journal.#removeDone();
    if (journal.#segments.length > 0) await journal.#acked.prepare(journal.#finished);
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
    return this.#segments.reduce((sum, { length }) => sum + length, this.#pendingBytes);
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
      for (const each of look.damage) this.#noteDamage(segment, each);
      return look;
    } catch (error) {
      // All of it was done with meanwhile, and the file is closed; or it was written again.
      if (!this.#segments.includes(segment)) return { frames: [], next: segment.length };
      if (segment.file !== file) return this.#readSegment(segment, maxBytes);
      throw error;
    }
  }

  /** What was found when the file was opened is reported. */
  #noteDamage(segment: Segment, damage: Damage): void {
    if (segment.damaged) return;
    segment.damaged = true;
    this.#options.keeper.report({ ...damage, torn: false });
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
    if (next === undefined || next.length <= next.layout.start) return undefined;
    this.#reading = { segment: next, offset: next.layout.start };
    return next;
  }

  /** These are finished, whatever is before them. Noted when it returns, so that a kill of the process undoes none of it. */
  finish(numbers: readonly number[]): void {
    this.#acked.add(numbers);
    for (const number of numbers) if (number > this.#done) this.#finished.add(number);
  }

  /** Everything up to `number` is done with; files that hold nothing else go. */
  async forget(number: number): Promise<void> {
    if (number <= this.#done) return;
    this.#done = number;
    if (this.#finished.size >= this.#prunedTo * 2 + pruneAtLeast) {
      for (const each of this.#finished) if (each <= number) this.#finished.delete(each);
      this.#prunedTo = this.#finished.size;
    }
    await this.#exclusively(() => this.#removeDone());
  }

  /** A full disk may refuse the note, but it must not keep the files that could go. The next note makes good for it. */
  async #note(files: readonly Segment[], durable: boolean): Promise<void> {
    const { files: disk, folder, stream } = this.#options;
    const done = this.#done;
    try {
      await writeNote(disk, folder, stream, { done, files: files.map(({ layout }) => layout.first) }, durable);
      this.#noted = done;
    } catch {
      // Without it, the next process sends some records once more.
    }
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
    if (this.#segments.length > 0 || this.#fault !== undefined) await this.#exclusively(() => this.#verifyNow());
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#turn;
    if (this.#noted !== this.#done) await this.#note(this.#segments, false);
    this.#active = undefined;
    await this.#acked.close();
    for (const { file } of this.#segments) await file.close();
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

  /** One thing at a time is done to the files. */
  #exclusively(action: () => Promise<void>): Promise<void> {
    const run = this.#turn.then(action);
    this.#turn = run.catch(() => undefined);
    return run;
  }

  async #settle(batch: readonly Append[]): Promise<void> {
    try {
      await this.#writeBatch(batch).catch((error: unknown) => this.#writeElsewhere(batch, error));
      this.#fault = undefined;
      for (const { resolve } of batch) resolve();
    } catch (error) {
      this.#fault = error;
      for (const { reject } of batch) reject(error);
    } finally {
      this.#pendingBytes -= batch.reduce((sum, { body }) => sum + frameHead + body.length, 0);
    }
  }

  async #writeBatch(batch: readonly Frame[]): Promise<void> {
    const segment = await this.#activate(batch[0]?.number ?? 0);
    const frames = batch.map(({ number, body }) => encodeFrame(number, body, segment.layout.framing));
    try {
      await segment.file.write(frames);
      await segment.file.sync();
    } catch (error) {
      await this.#abandon(segment, error);
      throw error;
    }
    for (const { body, number } of batch) segment.grow(frameHead + body.length, number);
  }

  /** Where files were taken away, they are written again, and the batch after them; another fault stays one. */
  async #writeElsewhere(batch: readonly Frame[], error: unknown): Promise<void> {
    if (!(error instanceof GoneError)) throw error;
    await this.#restore();
    await this.#writeBatch(batch);
  }

  async #activate(number: number): Promise<Segment> {
    if (this.#active && this.#active.length < segmentBytes) return this.#active;
    const { files, folder, stream, retake } = this.#options;
    await retake();
    await this.#acked.prepare(this.#finished);
    const { name, head } = makeHead(stream, number, journalSuffix);
    const path = join(folder, name);
    const { line, layout } = encodeHead('journal', head);
    const file = await files.create(path);
    const segment = new Segment(path, file, layout, layout.start, 0);
    try {
      await file.write([line]);
    } catch (error) {
      await this.#drop(segment);
      throw error;
    }
    this.#segments.push(segment);
    this.#active = segment;
    await this.#note(this.#segments, false);
    return segment;
  }

  /** After a failed write nobody knows what the end of the file holds: cut it back, and go on in a new one. */
  async #abandon(segment: Segment, error: unknown): Promise<void> {
    this.#active = undefined;
    // What was taken away may be somebody else's by now.
    if (!(error instanceof GoneError)) await segment.file.truncate(segment.length).catch(() => undefined);
    if (segment.length > segment.layout.start) return;
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    await this.#drop(segment);
  }

  async #drop({ file, path }: Segment): Promise<void> {
    await file.close().catch(() => undefined);
    await this.#options.files.remove(path).catch(() => undefined);
  }

  async #verifyNow(): Promise<void> {
    try {
      await this.#restore();
      if (this.#fault !== undefined) await this.#tryDisk();
      this.#fault = undefined;
    } catch (error) {
      this.#fault = error;
    }
  }

  /** A note is as good as a record to find out whether the disk takes something. */
  #tryDisk(): Promise<void> {
    const { files, folder, stream } = this.#options;
    const note = { done: this.#done, files: this.#segments.map(({ layout }) => layout.first) };
    return writeNote(files, folder, stream, note, true);
  }

  /** Writes again what was taken away, from the files that are open still. */
  async #restore(): Promise<void> {
    const { files, keeper, retake } = this.#options;
    let restored = 0;
    for (const segment of this.#segments) {
      const gone = await segment.file.check().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (gone === undefined) continue;
      if (!(gone instanceof GoneError)) throw gone;
      if (segment === this.#active) this.#active = undefined;
      if (gone.whole) {
        await retake();
        await restoreSegment(files, segment, keeper);
        restored++;
      } else {
        this.#noteDamage(segment, { file: segment.path, offset: 0, bytes: segment.length, torn: false });
      }
    }
    if (restored === 0) return;
    await this.#acked.close();
    await this.#acked.prepare(this.#finished);
    await this.#note(this.#segments, true);
    keeper.reportRestored(this.#options.folder, restored);
  }

  async #removeDone(): Promise<void> {
    const { files, keeper } = this.#options;
    const finished: Segment[] = [];
    for (const segment of this.#segments) {
      if (segment.last > this.#done || (segment === this.#active && this.#queue.length > 0)) break;
      finished.push(segment);
    }
    if (finished.length === 0) return;
    this.#segments.splice(0, finished.length);
    await this.#note(this.#segments, true);
    for (const segment of finished) {
      if (segment === this.#active) this.#active = undefined;
      await segment.file.close();
      if (segment.damaged)
        await keeper.setAside(segment.path, this.#done, 'a part of it is damaged, all else was delivered');
      else await files.remove(segment.path);
    }
    if (this.#segments.length === 0) await this.#acked.clear();
  }
}
