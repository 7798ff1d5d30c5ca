import { join } from 'node:path';
import { GoneError } from '../disk/files.js';
import { encodeFrame, type Frame, frameHead } from '../disk/frame.js';
import { encodeHead, makeHead } from '../disk/head.js';
import { Segment, segmentBytes } from '../disk/segment.js';
import type { Acked } from './acked.js';
import { type JournalOptions, journalSuffix, type LoadedJournal } from './load-journal.js';
import { writeNote } from './note.js';
import { restoreSegment } from './restore.js';

/** How far a journal is, for those who write it down. */
export interface Extent {
  /** Everything up to this number is done with. */
  readonly done: number;
  /** Finished beyond it. */
  readonly finished: ReadonlySet<number>;
}

/** The files of a journal: one that is written to, those before it, and what is noted beside them. One call at a time changes them. */
export class JournalFiles {
  readonly #options: JournalOptions;
  readonly #extent: () => Extent;
  readonly #segments: Segment[];
  readonly #acked: Acked;
  #active: Segment | undefined;
  /** What the disk knows of `done`. */
  #noted: number;

  constructor(options: JournalOptions, { segments, acked, done }: LoadedJournal, extent: () => Extent) {
    this.#options = options;
    this.#extent = extent;
    this.#segments = [...segments];
    this.#acked = acked;
    this.#noted = done;
  }

  /** In the order of their numbers. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Noted when it returns, so that a kill of the process undoes none of it. */
  noteFinished(numbers: readonly number[]): void {
    this.#acked.add(numbers);
  }

  async prepare(): Promise<void> {
    if (this.#segments.length > 0) await this.#acked.prepare(this.#extent().finished);
  }

  /** Durable when it resolves, at the paths of the files. Where files were taken away, they are written again first. */
  async append(batch: readonly Frame[]): Promise<void> {
    try {
      await this.#appendOnce(batch);
    } catch (error) {
      if (!(error instanceof GoneError)) throw error;
      await this.restore();
      await this.#appendOnce(batch);
    }
  }

  async #appendOnce(batch: readonly Frame[]): Promise<void> {
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

  async #activate(number: number): Promise<Segment> {
    if (this.#active && this.#active.length < segmentBytes) return this.#active;
    const { files, folder, stream, retake } = this.#options;
    await retake();
    await this.#acked.prepare(this.#extent().finished);
    const { name, head } = makeHead(stream, number, journalSuffix);
    const path = join(folder, name);
    const { line, layout } = encodeHead('journal', head);
    const segment = new Segment(path, await files.create(path), layout, layout.start, 0);
    try {
      await segment.file.write([line]);
    } catch (error) {
      await this.#drop(segment);
      throw error;
    }
    this.#segments.push(segment);
    this.#active = segment;
    await this.note(false);
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

  /** Writes again what was taken away, from the files that are open still. Rejects where that can't be. */
  async restore(): Promise<void> {
    const { files, keeper, retake, folder } = this.#options;
    let restored = 0;
    for (const segment of this.#segments) {
      const gone = await findGone(segment);
      if (gone === undefined) continue;
      if (segment === this.#active) this.#active = undefined;
      if (!gone.whole) {
        this.reportDamage(segment, { offset: 0, bytes: segment.length });
        continue;
      }
      await retake();
      await restoreSegment(files, segment, keeper);
      restored++;
    }
    if (restored > 0 || (await this.#acked.isGone())) await this.#acked.close();
    await this.prepare();
    if (restored === 0) return;
    await this.note(true);
    keeper.reportRestored(folder, restored);
  }

  /** What was found when the file was opened is reported. */
  reportDamage(segment: Segment, where: { readonly offset: number; readonly bytes: number }): void {
    if (segment.damaged) return;
    segment.damaged = true;
    this.#options.keeper.report({ ...where, file: segment.path, torn: false });
  }

  /** Files of which all is done with go, except one that something waits to be written to. */
  async removeDone(waiting: boolean): Promise<void> {
    const { done } = this.#extent();
    const stays = (each: Segment) => each.last > done || (each === this.#active && waiting);
    const first = this.#segments.findIndex(stays);
    const finished = this.#segments.splice(0, first < 0 ? this.#segments.length : first);
    if (finished.length === 0) return;
    await this.note(true);
    for (const segment of finished) await this.#remove(segment, done);
    if (this.#segments.length === 0) await this.#acked.clear();
  }

  async #remove(segment: Segment, done: number): Promise<void> {
    const { files, keeper } = this.#options;
    if (segment === this.#active) this.#active = undefined;
    await segment.file.close();
    if (segment.damaged) await keeper.setAside(segment.path, done, 'a part of it is damaged, all else was delivered');
    else await files.remove(segment.path);
  }

  /** A full disk may refuse the note, but it must not keep the files that could go. The next note makes good for it. */
  async note(durable: boolean): Promise<void> {
    // Without it, the next process sends some records once more.
    await this.tryNote(durable).catch(() => undefined);
  }

  /**
   * The same, and rejects: a note is as good as a record to find out whether the disk takes something. In a folder that is
   * somebody else's by now, it would tell him that his records are delivered.
   */
  async tryNote(durable: boolean): Promise<void> {
    const { files, folder, stream, retake } = this.#options;
    await retake();
    const { done } = this.#extent();
    const firsts = this.#segments.map(({ layout }) => layout.first);
    await writeNote(files, folder, stream, { done, files: firsts }, durable);
    this.#noted = done;
  }

  async close(): Promise<void> {
    if (this.#noted !== this.#extent().done) await this.note(false);
    this.#active = undefined;
    await this.#acked.close();
    for (const { file } of this.#segments) await file.close();
  }
}

async function findGone({ file }: Segment): Promise<GoneError | undefined> {
  try {
    await file.check();
    return undefined;
  } catch (error) {
    if (error instanceof GoneError) return error;
    throw error;
  }
}
