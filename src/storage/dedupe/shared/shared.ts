import { type Fingerprint, type Placement, PublishError, type Published, type Spooled } from '../../../core/model.js';
import type { ClosableDedupe, DedupeParts, LocalDedupe, Publish } from '../dedupe.js';
import { type EventKeys, keysOf } from '../keys.js';
import { type Held, HeldClaims, lease } from './claims.js';
import type { SharedStore } from './store.js';
import { StoreAway, StoreConnection } from './store-connection.js';
import { createClaimer, type Done, readDone, storeKey, writeDone } from './value.js';

/** Milliseconds that an event waits for the replica that publishes it, and between two looks at first and at last. */
const patience = 2_000;
const firstLook = 5;
const longestLook = 100;
/** Milliseconds that a start waits for the store. */
const connectTime = 2_000;
/** Milliseconds that an end waits for the store to take what it was not told yet. */
const lastWords = 1_000;

export interface SharedParts extends Pick<DedupeParts, 'clock' | 'log'> {
  /** The memory of this replica: asked first, and alone while the store is unavailable. */
  readonly local: LocalDedupe;
  readonly store: SharedStore;
  /** What becomes of events while the store is unavailable. */
  readonly onError: 'accept' | 'refuse';
  /** Milliseconds that an event is known for. */
  readonly window: number;
}

/** Resolves when the store can be used, or after 2 s. */
export async function openShared(parts: SharedParts): Promise<ClosableDedupe> {
  const dedupe = new SharedDedupe(parts);
  await dedupe.open();
  return dedupe;
}

/**
 * Publishes an event once among all replicas that have the same store: claim, publish, confirm. Only one replica has the
 * claim of an event; the others wait for what comes of it, at most two seconds, and then tell the sender to send again. A
 * claim is renewed as long as its publish takes. That of a replica that was killed lapses after half a minute: then the next
 * publishes the event, perhaps once more (at least once).
 */
class SharedDedupe implements ClosableDedupe {
  readonly #parts: SharedParts;
  readonly #link: StoreConnection;
  readonly #claims: HeldClaims;
  readonly #nextClaim = createClaimer();
  #degraded = 0;
  #closing = false;

  constructor(parts: SharedParts) {
    this.#parts = parts;
    this.#link = new StoreConnection(parts.store, parts.clock, (reason) => this.#tell(reason));
    this.#claims = new HeldClaims(this.#link, parts);
  }

  open(): Promise<void> {
    return this.#link.open(connectTime);
  }

  once(event: Fingerprint, publish: Publish): Promise<Published> {
    const keys = keysOf(event);
    let known: Done | undefined;
    const published = this.#parts.local.onceOf(event, keys, () =>
      this.#publishOnce(keys, publish, (done) => {
        known = done;
      }),
    );
    return published.then((result) =>
      known === undefined ? result : { ...result, duplicate: true, contentDiffers: known.digest !== keys.digest },
    );
  }

  count(): number | undefined {
    return this.#parts.local.count();
  }

  usable(): boolean {
    return this.#parts.local.usable();
  }

  shared(): ReturnType<ClosableDedupe['shared']> {
    return { usable: this.#link.usable, required: this.#parts.onError === 'refuse', degraded: this.#degraded };
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#parts.local.close();
    const { clock } = this.#parts;
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = clock.after(lastWords, resolve);
    });
    // Answers come in order: after this one, none is under way.
    const said = this.#claims.catchUp().then(() => this.#link.ask((store) => store.probe()));
    await Promise.race([said.catch(() => undefined), late]);
    cancel();
    this.#claims.close();
    this.#link.close();
  }

  /** `onKnown` hears of what another replica has published. */
  async #publishOnce(keys: EventKeys, publish: Publish, onKnown: (done: Done) => void): Promise<Placement | Spooled> {
    const held = { key: storeKey(keys), claim: this.#nextClaim() };
    if (!this.#link.usable) return this.#publishAlone(held, keys, publish);
    let there: string | undefined;
    try {
      there = await this.#take(held);
      if (there !== undefined && readDone(there) === undefined) there = await this.#waitFor(held);
    } catch (error) {
      if (error instanceof StoreAway) return this.#publishAlone(held, keys, publish);
      throw error;
    }
    const done = there === undefined ? undefined : readDone(there);
    if (done === undefined) return this.#publishHeld(held, keys, publish);
    onKnown(done);
    return done.placement;
  }

  #take({ key, claim }: Held): Promise<string | undefined> {
    return this.#link.ask((store) => store.claim(key, claim, lease));
  }

  /** Resolves with what the other replica has published; with undefined where it has given up, and the claim is ours. */
  async #waitFor(held: Held): Promise<string | undefined> {
    const { clock } = this.#parts;
    const since = clock.now();
    for (let pause = firstLook; clock.now() - since < patience; pause = Math.min(2 * pause, longestLook)) {
      await new Promise<void>((resolve) => {
        clock.after(pause, resolve);
      });
      if (this.#closing) break;
      const there = await this.#take(held);
      if (there === undefined || readDone(there) !== undefined) return there;
    }
    throw new PublishError(
      'unavailable',
      'CLAIMED',
      'another replica has claimed this event and has not published it yet',
    );
  }

  async #publishHeld(held: Held, keys: EventKeys, publish: Publish): Promise<Placement | Spooled> {
    const publishing = publish();
    this.#claims.hold(held);
    try {
      const placement = await publishing;
      this.#confirm(held, keys, placement);
      return placement;
    } catch (error) {
      const late = error instanceof PublishError ? error.late : undefined;
      if (late === undefined) this.#claims.release(held);
      else
        late.then(
          (placement) => this.#confirm(held, keys, placement),
          () => this.#claims.release(held),
        );
      throw error;
    } finally {
      this.#claims.drop(held);
    }
  }

  #confirm(held: Held, { digest }: EventKeys, placement: Placement | Spooled): void {
    this.#claims.confirm(held, writeDone({ digest, placement }), this.#parts.window);
  }

  /** Only the memory of this replica knows the event; the others hear of it later. */
  async #publishAlone(held: Held, { digest }: EventKeys, publish: Publish): Promise<Placement | Spooled> {
    if (this.#parts.onError === 'refuse') {
      const message = `${this.#parts.store.name} cannot be used, and dedupe.redis.onError is refuse`;
      throw new PublishError('unavailable', 'DEDUPE_UNAVAILABLE', message);
    }
    this.#degraded++;
    try {
      const placement = await publish('local');
      this.#claims.confirmLater(held, writeDone({ digest, placement }), this.#parts.window);
      return placement;
    } catch (error) {
      // It may have come to the store though nobody heard of it.
      this.#claims.release(held);
      throw error;
    }
  }

  #tell(reason: string | undefined): void {
    const { store, log, onError } = this.#parts;
    if (reason === undefined) {
      log('info', 'the shared dedupe store can be used', { store: store.name });
      void this.#claims.catchUp();
    } else {
      this.#claims.suspend();
      log('error', 'the shared dedupe store cannot be used', { store: store.name, onError, reason });
    }
  }
}
