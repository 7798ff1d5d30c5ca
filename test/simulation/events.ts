import type { Fingerprint } from '../../src/core/model.js';

/** How a process of the gateway ended. */
export type End = 'kill' | 'power cut' | 'close';

interface Life {
  end?: { readonly at: number; readonly how: End };
}

export interface Publish {
  readonly life: number;
  readonly at: number;
  /** When all of it was safe; absent while it is open, or where it failed. */
  safe?: number;
  failed?: true;
}

/** What the outside knows of an event. */
export interface SentEvent {
  readonly id: string;
  readonly fingerprint: Fingerprint;
  /** The id that the provider gives it: another event may have the same, with other content. */
  readonly providerId: string;
  readonly topic: string;
  readonly key: string;
  readonly size: number;
  readonly big: boolean;
  /** A delivery of it was answered with 200. */
  acknowledged: boolean;
  readonly publishes: Publish[];
}

/** Milliseconds from a publish until the window has it for sure. */
const writing = 200;
/** After the disk was full. */
const recovery = 1_500;

/** The lives of the gateway, and whether each publish of an event that was published before has a reason. */
export class Ledger {
  readonly #window: number;
  readonly #lives = new Map<number, Life>();
  /** When the disk was full the last time, as seen at the ends of lives. */
  #fullUntil = Number.NEGATIVE_INFINITY;
  readonly #fullAtEnd = new Set<number>();
  readonly broken: string[] = [];
  /** Entries of the window that damage may have taken. */
  #damaged = 0;

  /** `window`: milliseconds for which a published event is known at least. */
  constructor(window: number) {
    this.#window = window;
  }

  /** So many events may be forgotten. */
  noteDamage(entries: number): void {
    this.#damaged += entries;
  }

  noteFull(until: number): void {
    this.#fullUntil = Math.max(this.#fullUntil, until);
  }

  endLife(life: number, at: number, how: End): void {
    this.#lives.set(life, { end: { at, how } });
    if (at - this.#fullUntil < recovery) this.#fullAtEnd.add(life);
  }

  /** An event is being published, by a call that the dedupe let through. */
  publish(event: SentEvent, life: number, now: number): Publish {
    const before = event.publishes.at(-1);
    if (before !== undefined && !this.#isExplained(before, life, now) && --this.#damaged < 0) {
      this.broken.push(`published again without a reason: ${event.id}`);
    }
    const publish: Publish = { life, at: now };
    event.publishes.push(publish);
    return publish;
  }

  #isExplained(before: Publish, life: number, now: number): boolean {
    if (before.failed) return true;
    if (before.safe === undefined) return before.life !== life;
    if (before.life === life) return now - before.safe > this.#window;
    if (now - before.safe > this.#window) return true;
    const end = this.#lives.get(before.life)?.end;
    if (end === undefined) return false;
    if (this.#fullAtEnd.has(before.life)) return true;
    if (end.how === 'kill' && end.at - before.safe < writing) return true;
    // Nothing is synced until the process closes that has written it.
    const powerCut = ([other, each]: [number, Life]) =>
      other >= before.life && other < life && each.end?.how === 'power cut';
    return end.how !== 'close' && [...this.#lives].some(powerCut);
  }
}
