import type { Clock } from '../../../util/clock.js';
import type { DedupeParts } from '../dedupe.js';
import type { StoreConnection } from './store-connection.js';

/** Milliseconds that a claim stands without being renewed, as those of a replica that was killed; and between two renewals. */
export const lease = 30_000;
const renewal = 10_000;
/** Values that are kept for a store that is unavailable: some 300 bytes each. */
const keepAtMost = 100_000;
/** Milliseconds for which the store may not have passed on what it has answered: the server that takes its place is told again. */
const settling = 5_000;
/** Of them that are written at a time. */
const atOnce = 500;

/** A claim that this process has in the store. */
export interface Held {
  readonly key: string;
  readonly claim: string;
}

interface Unwritten {
  readonly claim: string;
  readonly value: string;
  /** On the clock: when it was said, and when the store may forget it. */
  readonly at: number;
  readonly until: number;
}

/** What this process has claimed in the store, and what it still has to say there. */
export class HeldClaims {
  readonly #link: StoreConnection;
  readonly #clock: Clock;
  readonly #log: DedupeParts['log'];
  readonly #renewed = new Map<Held, number>();
  readonly #unwritten = new Map<string, Unwritten>();
  /** What was said last, the oldest first. */
  readonly #recent = new Map<string, Unwritten>();
  #cancelRenewal: (() => void) | undefined;
  #writing = false;

  constructor(link: StoreConnection, { clock, log }: Pick<DedupeParts, 'clock' | 'log'>) {
    this.#link = link;
    this.#clock = clock;
    this.#log = log;
  }

  /** Renews the claim until `drop`: its publish takes its time. */
  hold(held: Held): void {
    this.#renewed.set(held, this.#clock.now());
    this.#renewLater();
  }

  drop(held: Held): void {
    this.#renewed.delete(held);
  }

  /** Puts the value in the place of the claim for `time` milliseconds, as soon as the store can be used. */
  confirm({ key, claim }: Held, value: string, time: number): void {
    const at = this.#clock.now();
    const unwritten = { claim, value, at, until: at + time };
    this.#put(key, unwritten).then(
      (done) => (done ? this.#remember(key, unwritten) : this.#complainOfLoss()),
      () => this.#keep(key, unwritten),
    );
  }

  /** Says what was published while the store was unavailable, as soon as it is not. */
  confirmLater({ key, claim }: Held, value: string, time: number): void {
    const at = this.#clock.now();
    this.#keep(key, { claim, value, at, until: at + time });
    if (this.#link.usable) void this.catchUp();
  }

  /** Nothing was published. Where the store cannot be told, the claim lapses. */
  release({ key, claim }: Held): void {
    this.#link.ask((store) => store.release(key, claim)).catch(ignore);
  }

  /** The store is unavailable: when it comes back, it may be another server, which knows nothing of the last moments. */
  suspend(): void {
    this.#forgetSettled();
    for (const [key, unwritten] of this.#recent) this.#keep(key, unwritten);
    this.#recent.clear();
  }

  /** Says what could not be said before. Resolves when all is said, or the store is unavailable again. */
  async catchUp(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    try {
      while (this.#unwritten.size > 0) {
        const group = [...this.#unwritten].slice(0, atOnce);
        // Whether it is there already does not matter: then another replica has published it, too.
        await Promise.all(group.map(([key, unwritten]) => this.#put(key, unwritten)));
        for (const [key] of group) this.#unwritten.delete(key);
      }
    } catch {
      // They stay until the store can be used again.
    } finally {
      this.#writing = false;
    }
  }

  close(): void {
    this.#cancelRenewal?.();
  }

  #remember(key: string, unwritten: Unwritten): void {
    this.#forgetSettled();
    this.#recent.set(key, unwritten);
  }

  #forgetSettled(): void {
    const since = this.#clock.now() - settling;
    for (const [key, { at }] of this.#recent) {
      if (at > since) return;
      this.#recent.delete(key);
    }
  }

  #keep(key: string, unwritten: Unwritten): void {
    const [oldest] = this.#unwritten.keys();
    if (this.#unwritten.size >= keepAtMost && oldest !== undefined) this.#unwritten.delete(oldest);
    this.#unwritten.set(key, unwritten);
  }

  #put(key: string, { claim, value, until }: Unwritten): Promise<boolean> {
    const time = Math.round(until - this.#clock.now());
    return time <= 0 ? Promise.resolve(true) : this.#link.ask((store) => store.put(key, claim, value, time));
  }

  #renewLater(): void {
    this.#cancelRenewal ??= this.#clock.after(renewal, () => {
      this.#cancelRenewal = undefined;
      const now = this.#clock.now();
      for (const [held, at] of this.#renewed) {
        if (now - at < renewal / 2) break;
        this.#renewed.delete(held);
        this.#renewed.set(held, now);
        this.#renew(held);
      }
      if (this.#renewed.size > 0) this.#renewLater();
    });
  }

  /** Where the store has forgotten the claim, it stands there again. */
  #renew({ key, claim }: Held): void {
    this.#link
      .ask((store) => store.put(key, claim, claim, lease))
      .then((done) => done || this.#complainOfLoss(), ignore);
  }

  #complainOfLoss(): void {
    this.#log('warn', 'a claim was lost to another replica: its event may be published twice', {});
  }
}

function ignore(): void {}
