import type { Clock } from '../../../util/clock.js';
import type { SharedStore } from './store.js';

/** Milliseconds that an answer of the store may take. Then nobody waits for it until it answers again. */
export const answerTime = 500;
/** Milliseconds from that to the first look whether it does, and between two looks. */
const firstLook = 100;
const nextLook = 1_000;
/** Milliseconds between two looks while it can be used: without webhooks, nobody else would notice that it is gone. */
const idleLook = 5_000;
const noAnswer = `no answer in ${answerTime} ms`;
/** Looks without an answer after which the connection is given up: its other end may be gone without a word. */
const looksToReconnect = 5;

interface Waiting {
  readonly since: number;
  readonly reject: (reason: Error) => void;
  /** Present once the answer is there. */
  settle?: () => void;
}

/** The store does not answer, or refuses to do its work. */
export class StoreAway extends Error {}

/**
 * The way to the store. Answers come in the order of the questions, whatever the store does, so that events are published in
 * the order in which they came. The first question that is not answered in time, or with an error, makes the store count as
 * unavailable: all who wait are told, and no more questions are asked until a probe is answered.
 */
export class StoreConnection {
  readonly #store: SharedStore;
  readonly #clock: Clock;
  readonly #onChange: (reason: string | undefined) => void;
  readonly #waiting = new Set<Waiting>();
  #usable = false;
  #closed = false;
  #cancelWatch: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;
  #silentLooks = 0;

  /** `onChange`: hears why the store cannot be used, or undefined when it can again. */
  constructor(store: SharedStore, clock: Clock, onChange: (reason: string | undefined) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get usable(): boolean {
    return this.#usable;
  }

  /** Resolves when the store can be used, or is known not to be. */
  async open(wait: number): Promise<void> {
    await this.#store.connect(wait);
    await this.#look();
  }

  /** Rejects with a `StoreAway`, at once while the store is known to be unavailable. */
  ask<T>(question: (store: SharedStore) => Promise<T>): Promise<T> {
    if (!this.#usable) return Promise.reject(new StoreAway('the store is unavailable'));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { since: this.#clock.now(), reject };
      this.#waiting.add(waiting);
      question(this.#store).then(
        (answer) => {
          waiting.settle = () => resolve(answer);
          this.#settle();
        },
        (error: unknown) => {
          if (this.#waiting.has(waiting)) this.#fail(this.#store.explain(error));
        },
      );
      this.#watch();
    });
  }

  /** Asks no more. Whoever waits is told. */
  close(): void {
    this.#closed = true;
    this.#usable = false;
    this.#cancelWatch?.();
    this.#cancelLook?.();
    this.#rejectAll('the gateway is stopping');
    this.#store.close();
  }

  #settle(): void {
    for (const waiting of this.#waiting) {
      if (waiting.settle === undefined) return;
      this.#waiting.delete(waiting);
      waiting.settle();
    }
  }

  #watch(wait = answerTime): void {
    this.#cancelWatch ??= this.#clock.after(wait, () => {
      // Answers that lie there already, unread since this process had no time, count.
      this.#cancelWatch = this.#clock.after(1, () => {
        this.#cancelWatch = undefined;
        const [oldest] = this.#waiting;
        if (oldest === undefined) return;
        const left = oldest.since + answerTime - this.#clock.now();
        if (left <= 0) this.#fail(noAnswer);
        else this.#watch(left);
      });
    });
  }

  #fail(reason: string): void {
    if (this.#closed) return;
    const was = this.#usable;
    this.#usable = false;
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
    this.#rejectAll(reason);
    if (!was) return;
    this.#onChange(reason);
    this.#silentLooks = 0;
    this.#lookLater(firstLook);
  }

  #rejectAll(reason: string): void {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const { reject } of all) reject(new StoreAway(reason));
  }

  #lookLater(milliseconds: number): void {
    this.#cancelLook?.();
    this.#cancelLook = this.#clock.after(milliseconds, () => void this.#look());
  }

  async #look(): Promise<void> {
    const reason = await this.#probe();
    if (this.#closed) return;
    if (reason === undefined) {
      const was = this.#usable;
      this.#usable = true;
      if (!was) this.#onChange(undefined);
      this.#lookLater(idleLook);
      return;
    }
    if (this.#usable) return this.#fail(reason);
    this.#onChange(reason);
    if (++this.#silentLooks % looksToReconnect === 0) this.#store.reconnect();
    this.#lookLater(nextLook);
  }

  /** Why it cannot be used; undefined: it can. */
  #probe(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(answerTime, () => resolve(noAnswer));
      this.#store.probe().then(
        () => {
          cancel();
          resolve(undefined);
        },
        (error: unknown) => {
          cancel();
          resolve(this.#store.explain(error));
        },
      );
    });
  }
}
