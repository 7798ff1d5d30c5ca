import { Lanes } from '../../../src/storage/spool/lanes.js';
import type { FromPeer, Peers, ToPeer } from '../../../src/storage/spool/peers.js';
import type { World } from '../world.js';

/** A worker as the primary knows it. */
export interface Process {
  readonly slot: number;
  /** Its alone. */
  readonly life: number;
  /** Calls back as soon as its event loop runs; never, once it is dead. */
  wake(call: () => void): void;
}

/** Changes, doubles or drops what is said, to see whether the judge notices. */
export interface Tampering {
  toPrimary?(message: FromPeer): readonly FromPeer[];
  /** What the primary hears of the worker that it tells this, before the worker does. */
  fromPrimary?(message: ToPeer): readonly FromPeer[];
}

/** The primary and the channels to its workers: slow as they like, but nothing overtakes in one. */
export class Network {
  readonly #world: World;
  readonly #lanes: Lanes;
  readonly #tampering: Tampering;
  readonly #processes = new Map<number, Process>();
  readonly #hearers = new Map<number, (message: ToPeer) => void>();
  /** By channel: when its last message arrives. */
  readonly #arrivals = new Map<string, number>();
  /** Milliseconds that a message takes at most. */
  slowness = 3;

  constructor(world: World, slots: number, tampering: Tampering = {}) {
    this.#world = world;
    this.#tampering = tampering;
    this.#lanes = new Lanes(slots, (slot, message) => this.#tell(slot, message));
  }

  start(process: Process, of: number): Peers {
    const { slot, life } = process;
    this.#processes.set(slot, process);
    return {
      slot,
      of,
      tell: (message) => {
        for (const each of this.#tampering.toPrimary?.(message) ?? [message]) {
          this.#carry(`from ${life}`, () => {
            if (this.#processes.get(slot) === process) this.#lanes.hear({ slot, life }, each);
          });
        }
      },
      listen: (hear) => this.#hearers.set(life, hear),
    };
  }

  /** The primary notices the end of a process some time later. */
  end(process: Process): void {
    const { slot, life } = process;
    this.#carry(`end of ${life}`, () => {
      if (this.#processes.get(slot) !== process) return;
      this.#processes.delete(slot);
      this.#lanes.ended({ slot, life });
    });
  }

  /** True while the primary thinks that the slot has a process. */
  has(slot: number): boolean {
    return this.#processes.has(slot);
  }

  #tell(slot: number, message: ToPeer): void {
    const process = this.#processes.get(slot);
    if (process === undefined) return;
    const { life } = process;
    this.#carry(`to ${life}`, () => process.wake(() => this.#hearers.get(life)?.(message)));
    for (const each of this.#tampering.fromPrimary?.(message) ?? []) {
      this.#world.after(0, () => this.#lanes.hear({ slot, life }, each));
    }
  }

  #carry(channel: string, call: () => void): void {
    const now = this.#world.now();
    const at = Math.max(now + this.#world.dice.below(this.slowness + 1), this.#arrivals.get(channel) ?? 0);
    this.#arrivals.set(channel, at);
    this.#world.after(at - now, call);
  }
}
