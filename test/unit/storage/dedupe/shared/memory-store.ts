import type { SharedStore } from '../../../../../src/storage/dedupe/shared/store.js';
import type { HeldClock } from '../support.js';

/** A store in memory, which several dedupes share: it answers, is silent or refuses, as it is told. */
export class MemoryStore implements SharedStore {
  readonly name = 'memory';
  readonly values = new Map<string, { value: string; until: number }>();
  /** `silent`: no answer comes. `late`: what is asked is done, and no answer comes. */
  state: 'answers' | 'refuses' | 'silent' | 'late' = 'answers';
  asked = 0;
  reconnects = 0;
  readonly #clock: HeldClock;

  constructor(clock: HeldClock) {
    this.#clock = clock;
  }

  /** What stands there for the only event. */
  get only(): string | undefined {
    return [...this.values.keys()].map((key) => this.#at(key)).find((value) => value !== undefined);
  }

  async connect(): Promise<void> {}

  claim(key: string, claim: string, lease: number): Promise<string | undefined> {
    return this.#answer(() => {
      const there = this.#at(key);
      if (there === undefined) this.#set(key, claim, lease);
      return there === claim ? undefined : there;
    });
  }

  put(key: string, claim: string, value: string, time: number): Promise<boolean> {
    return this.#answer(() => {
      const there = this.#at(key);
      if (there !== undefined && there !== claim) return false;
      this.#set(key, value, time);
      return true;
    });
  }

  release(key: string, claim: string): Promise<void> {
    return this.#answer(() => {
      if (this.#at(key) === claim) this.values.delete(key);
    });
  }

  probe(): Promise<void> {
    return this.#answer(() => undefined);
  }

  explain(error: unknown): string {
    return String(error);
  }

  reconnect(): void {
    this.reconnects++;
  }

  close(): void {}

  #at(key: string): string | undefined {
    const known = this.values.get(key);
    return known !== undefined && known.until > this.#clock.now() ? known.value : undefined;
  }

  #set(key: string, value: string, time: number): void {
    this.values.set(key, { value, until: this.#clock.now() + time });
  }

  async #answer<T>(work: () => T): Promise<T> {
    this.asked++;
    if (this.state === 'refuses') throw new Error('READONLY');
    if (this.state === 'silent') return new Promise(() => undefined);
    const answer = work();
    return this.state === 'late' ? new Promise(() => undefined) : answer;
  }
}
