import type { Journal } from './journal.js';

/** Which numbers of a journal are done with: they are in Kafka, parked, or were never written. */
export class Progress {
  readonly #journal: Journal;
  readonly #onFault: (detail: string) => void;
  /** Everything up to here is done with; beyond it, what is in `#finished`. */
  #watermark: number;
  readonly #finished = new Set<number>();
  #forgetting: Promise<void> | undefined;

  constructor(journal: Journal, onFault: (detail: string) => void) {
    this.#journal = journal;
    this.#onFault = onFault;
    this.#watermark = journal.done;
  }

  has(number: number): boolean {
    return number <= this.#watermark || this.#finished.has(number);
  }

  /** How many numbers up to `last` are not done with. */
  countOpen(last: number): number {
    return last - this.#watermark - this.#finished.size;
  }

  finish(number: number): void {
    if (number <= this.#watermark) return;
    this.#finished.add(number);
    while (this.#finished.delete(this.#watermark + 1)) this.#watermark++;
    this.#forgetting ??= this.#forget();
  }

  /** Resolves when the journal has heard of it. */
  async settle(): Promise<void> {
    await this.#forgetting;
  }

  async #forget(): Promise<void> {
    try {
      // A turn later, so that one look at the disk serves a whole batch.
      await Promise.resolve();
      while (this.#journal.done < this.#watermark) await this.#journal.forget(this.#watermark);
    } catch (error) {
      this.#onFault(error instanceof Error ? error.message : String(error));
    } finally {
      this.#forgetting = undefined;
    }
  }
}
