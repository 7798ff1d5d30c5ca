import { errorText } from '../../util/errors.js';
import type { Journal } from './journal.js';

/** Which numbers of a journal are done with: they are in Kafka, parked, or were never written. */
export class Progress {
  readonly #journal: Journal;
  readonly #onFault: (detail: string) => void;
  /** Everything up to here is done with; beyond it, what is in `#finished`. */
  #watermark: number;
  readonly #finished: Set<number>;
  /** What the journal is to hear of. */
  #news: number[] = [];
  #forgetting: Promise<void> | undefined;

  constructor(journal: Journal, onFault: (detail: string) => void) {
    this.#journal = journal;
    this.#onFault = onFault;
    this.#watermark = journal.done;
    this.#finished = new Set(journal.finished);
    this.#advance();
  }

  has(number: number): boolean {
    return number <= this.#watermark || this.#finished.has(number);
  }

  /** How many numbers up to `last` are not done with. */
  countOpen(last: number): number {
    return last - this.#watermark - this.#finished.size;
  }

  finish(number: number): void {
    if (this.has(number)) return;
    this.#finished.add(number);
    this.#advance();
    this.#news.push(number);
    // A batch is acknowledged in one turn: so it is one note.
    if (this.#news.length === 1) queueMicrotask(() => this.#tell());
  }

  /** Resolves when the journal has heard of it. */
  async settle(): Promise<void> {
    this.#tell();
    await this.#forgetting;
  }

  #advance(): void {
    while (this.#finished.delete(this.#watermark + 1)) this.#watermark++;
  }

  #tell(): void {
    const news = this.#news;
    this.#news = [];
    if (news.length > 0) this.#journal.finish(news);
    this.#forgetting ??= this.#forget();
  }

  async #forget(): Promise<void> {
    try {
      // A turn later, so that one look at the files serves a whole batch.
      await Promise.resolve();
      while (this.#journal.done < this.#watermark) await this.#journal.forget(this.#watermark);
    } catch (error) {
      this.#onFault(errorText(error));
    } finally {
      this.#forgetting = undefined;
    }
  }
}
