import type { Clock } from '../../src/util/clock.js';

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
  /** Of those that are due at once, the first one that was asked for is first. */
  readonly order: number;
  call: (() => void) | undefined;
}

/** Resolves when all that can run now has run. */
export type Turn = () => Promise<void>;

/** Also where what runs waits for a turn of the event loop. */
export const eventLoopTurn: Turn = () => new Promise(setImmediate);
/** A third quicker: only promises are waited for. */
export const promiseTurn: Turn = () => new Promise((resolve) => process.nextTick(resolve));

/** Virtual time: nothing happens but what is due next, and all that follows from it happens before anything else. */
export class World implements Clock {
  readonly dice: Dice;
  readonly #turn: Turn;
  #now = 0;
  #asked = 0;
  /** A binary heap: the next one is first. */
  readonly #events: Event[] = [];

  constructor(seed: number, turn = eventLoopTurn) {
    this.dice = new Dice(seed);
    this.#turn = turn;
  }

  now(): number {
    return this.#now;
  }

  date(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    const event: Event = { at: this.#now + milliseconds, order: this.#asked++, call };
    this.#add(event);
    return () => {
      event.call = undefined;
    };
  }

  /** Resolves after so many virtual milliseconds. */
  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** Runs until the condition holds or virtual time reaches `limit`; says whether it holds. */
  async run(until: () => boolean, limit: number): Promise<boolean> {
    for (;;) {
      await this.#turn();
      if (until()) return true;
      const next = this.#next();
      if (next === undefined || next.at > limit) {
        this.#now = Math.max(this.#now, limit);
        return false;
      }
      this.#removeFirst();
      this.#now = Math.max(this.#now, next.at);
      next.call?.();
    }
  }

  /** The first one that was not cancelled. */
  #next(): Event | undefined {
    while (this.#events[0] !== undefined && this.#events[0].call === undefined) this.#removeFirst();
    return this.#events[0];
  }

  #add(event: Event): void {
    const events = this.#events;
    let at = events.length;
    for (; at > 0; ) {
      const above = (at - 1) >> 1;
      const other = events[above];
      if (other === undefined || !isBefore(event, other)) break;
      events[at] = other;
      at = above;
    }
    events[at] = event;
  }

  #removeFirst(): void {
    const events = this.#events;
    const event = events.pop();
    if (event === undefined || events.length === 0) return;
    let at = 0;
    for (;;) {
      const [left, right] = [events[2 * at + 1], events[2 * at + 2]];
      const below = right !== undefined && left !== undefined && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
      const other = events[below];
      if (other === undefined || !isBefore(other, event)) break;
      events[at] = other;
      at = below;
    }
    events[at] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
