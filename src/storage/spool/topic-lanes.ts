import type { LaneOrder, Phase } from './peers.js';

/** What the worker of a slot is told. */
export type OrderTo = Omit<LaneOrder, 'topic'> & { readonly slot: number };

interface Place {
  /** It has joined, and has not ended since. */
  present: boolean;
  /** It has ended, and is not expected back soon: nobody waits for it. */
  lost: boolean;
  /** What the phase asks for is done. */
  done: boolean;
}

const after: { readonly [phase in Phase]: Phase } = {
  closing: 'settling',
  settling: 'clearing',
  clearing: 'draining',
  draining: 'open',
  open: 'open',
};

/**
 * The phases of one topic over all workers, see `Phase`: what was heard in, orders out, no time and no I/O. It waits for
 * everybody in every phase, so that no clock has a part in its promises. A worker that has ended has closed: it sends nothing.
 * For the rest its replacement is waited for, as it has the journal.
 */
export class TopicLanes {
  readonly #places: readonly Place[];
  #phase: Phase = 'closing';
  #epoch = 1;
  /** Nobody has joined with records from before, and nobody can have spooled: there is nothing to settle. */
  #clean = true;

  constructor(slots: number) {
    this.#places = Array.from({ length: slots }, () => ({ present: false, lost: false, done: false }));
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** A new worker of the slot holds its records of the topic. `left`: its journal has some from before. */
  joined(slot: number, left: boolean): readonly OrderTo[] {
    const place = this.#places[slot];
    if (place === undefined) return [];
    Object.assign(place, { present: true, lost: false, done: false });
    if (left) this.#clean = false;
    if (left && this.#phase !== 'closing') return this.#enter('closing');
    return [{ slot, phase: this.#phase, epoch: this.#epoch }];
  }

  /** Kafka does not take what the worker sends. Whoever may spool has no need to say so. */
  failing(slot: number, epoch: number): readonly OrderTo[] {
    const mayNotSpool = this.#phase === 'open' || this.#phase === 'draining';
    if (!this.#isHeard(slot, epoch) || !mayNotSpool) return [];
    return this.#enter('closing');
  }

  done(slot: number, epoch: number): readonly OrderTo[] {
    const place = this.#places[slot];
    if (place === undefined || !this.#isHeard(slot, epoch)) return [];
    place.done = true;
    return this.#advance();
  }

  ended(slot: number): readonly OrderTo[] {
    const place = this.#places[slot];
    if (place === undefined) return [];
    Object.assign(place, { present: false, done: this.#phase === 'closing' });
    return this.#advance();
  }

  /** It has ended and is not replaced: its records stay on disk, and what they should precede goes on without them. */
  lost(slot: number): readonly OrderTo[] {
    const place = this.#places[slot];
    if (place === undefined || place.present) return [];
    Object.assign(place, { lost: true, done: true });
    return this.#advance();
  }

  #isHeard(slot: number, epoch: number): boolean {
    return this.#places[slot]?.present === true && epoch === this.#epoch;
  }

  #advance(): readonly OrderTo[] {
    if (this.#phase === 'open' || !this.#places.every(({ done }) => done)) return [];
    const nothingLeft = this.#clean && this.#places.every(({ present }) => present);
    return this.#enter(nothingLeft ? 'open' : after[this.#phase]);
  }

  #enter(phase: Phase): readonly OrderTo[] {
    this.#phase = phase;
    this.#epoch++;
    this.#clean = false;
    for (const place of this.#places) place.done = !place.present && (place.lost || phase === 'closing');
    const orders = this.#places.flatMap(({ present }, slot) => (present ? [{ slot, phase, epoch: this.#epoch }] : []));
    // Where nobody is left to wait for, it goes on at once.
    return [...orders, ...this.#advance()];
  }
}
