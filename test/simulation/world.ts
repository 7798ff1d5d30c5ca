import type { Clock } from '../../src/publish/clock.js';

/** A seeded source of chance (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  }
}

interface Event {
  readonly at: number;
  readonly call: () => void;
}

/** Virtual time: nothing happens but what is due next, and all that follows from it happens before anything else. */
export class World implements Clock {
  readonly dice: Dice;
  #now = 0;
  readonly #events = new Set<Event>();

  constructor(seed: number) {
    this.dice = new Dice(seed);
  }

  now(): number {
    return this.#now;
  }

  date(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    const event = { at: this.#now + milliseconds, call };
    this.#events.add(event);
    return () => this.#events.delete(event);
  }

  /** Resolves after so many virtual milliseconds. */
  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** Runs until the condition holds or virtual time reaches `limit`; says whether it holds. */
  async run(until: () => boolean, limit: number): Promise<boolean> {
    for (;;) {
      await new Promise(setImmediate);
      if (until()) return true;
      let next: Event | undefined;
      for (const event of this.#events) if (next === undefined || event.at < next.at) next = event;
      if (next === undefined || next.at > limit) return false;
      this.#events.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.call();
    }
  }
}
