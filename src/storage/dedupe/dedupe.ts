import {
  type Dedupe,
  type Fingerprint,
  type Placement,
  PublishError,
  type Published,
  type Spooled,
} from '../../core/model.js';
import type { Clock } from '../../util/clock.js';
import { errorText } from '../../util/errors.js';
import { ActiveEvent, ActiveEvents, findRepeated } from './active.js';
import type { Claims, EventClaim } from './claims.js';
import { claimKey, type EventKeys, keysOf } from './keys.js';
import type { Found, Window } from './window.js';

/** Milliseconds between a publish and its being written to the window, together with all that came meanwhile. */
const gathering = 50;
/** Milliseconds until it is tried again if the disk fails, and how many events are kept meanwhile (some 400 bytes each). */
const pause = 1000;
const keepAtMost = 100_000;
const dropAtOnce = 10_000;
/** Milliseconds between two looks at an event that another process publishes. */
const polling = 5;
/** Milliseconds after which a publish of another process is no longer waited for. */
const patience = 30_000;

export interface DedupeParts {
  readonly window: Window;
  /** Present where other processes have the same window. */
  readonly claims?: Claims | undefined;
  readonly clock: Clock;
  readonly log: (
    level: 'info' | 'warn' | 'error',
    message: string,
    fields: { readonly [name: string]: unknown },
  ) => void;
}

/** What the store that replicas share is like. */
export interface SharedState {
  readonly usable: boolean;
  /** True where events are refused while it cannot be used. */
  readonly required: boolean;
  /** Events that were published without it. */
  readonly degraded: number;
}

export interface ClosableDedupe extends Dedupe {
  /** How many events it knows; undefined where none are remembered. */
  count(): number | undefined;
  /**
   * Where an event lies that was published, whatever its content; undefined: it is not known, or the disk fails. Without a type, what a
   * former gateway has remembered without. Absent where nothing is remembered.
   */
  locate?(endpoint: string, id: string, type: string | undefined): Placement | Spooled | undefined;
  /** False while what is published cannot be written to the window. */
  usable(): boolean;
  /** Of the store that replicas share: see `SharedState`; undefined without one. */
  shared(): SharedState | undefined;
  /** Writes what it knows. Publishes must have ended. */
  close(): Promise<void>;
}

/** `local`: only this replica's memory was asked. */
export type Publish = Parameters<Dedupe['once']>[1];

export function createDedupe(parts: DedupeParts): LocalDedupe {
  return new LocalDedupe(parts);
}

/**
 * Publishes an event once. It is remembered only after its publish succeeded, be it late, when its sender was already told
 * to send it again: here at once, in the window some 50 ms later, which nobody waits for, so that a crash in between lets
 * a repetition through (at least once). Twins in this process share one publish and whatever comes of it, a refusal too. A
 * twin in another process waits; if the first fails, it tries by itself, and so it does after half a minute. Faults of the
 * disk stop nothing: what cannot be written is known here only.
 */
export class LocalDedupe implements ClosableDedupe {
  readonly #window: Window;
  readonly #claims: Claims | undefined;
  readonly #clock: Clock;
  readonly #log: DedupeParts['log'];
  readonly #active = new ActiveEvents();
  #writing: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #failing = false;

  constructor({ window, claims, clock, log }: DedupeParts) {
    this.#window = window;
    this.#claims = claims;
    this.#clock = clock;
    this.#log = log;
  }

  once(event: Fingerprint, publish: Publish): Promise<Published> {
    return this.onceOf(event, keysOf(event), publish);
  }

  /** The same, with the event's keys. */
  onceOf(event: Fingerprint, keys: EventKeys, publish: Publish): Promise<Published> {
    const active = this.#active.of(keys);
    const repeated = findRepeated(active, keys);
    if (repeated !== undefined) return repeat(repeated, keys);
    const found = this.#find(event, keys);
    if (found?.placement !== undefined) {
      const { placement, contentDiffers } = found;
      return Promise.resolve({ placement, duplicate: true, contentDiffers });
    }
    const differs = active !== undefined || found !== undefined;
    if (this.#claims !== undefined) return this.#publishClaimed(keys, publish, differs);
    return this.#publish(keys, undefined, publish, differs);
  }

  count(): number {
    return this.#window.count() + this.#active.waiting;
  }

  locate(endpoint: string, id: string, type: string | undefined): Placement | Spooled | undefined {
    if (type === undefined) return this.#attempt(() => this.#window.findFormer?.(endpoint, id));
    const keys = keysOf({ endpoint, id, type, digest: '', by: 'id' });
    const active = findRepeated(this.#active.of(keys), keys);
    return active?.placement ?? this.#attempt(() => this.#window.find(keys))?.placement;
  }

  usable(): boolean {
    return !this.#failing;
  }

  shared(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.#state = 'closing';
    await this.#writing;
    this.#cancelTimer?.();
    if (this.#active.waiting > 0) await this.#writeGroup();
    this.#state = 'closed';
    await Promise.all([this.#window.close(), this.#claims?.close()]);
  }

  #find(event: Fingerprint, keys: EventKeys): Found | undefined {
    const found = this.#attempt(() => this.#window.find(keys));
    if (found !== undefined || keys.by !== 'id') return found;
    const placement = this.#attempt(() => this.#window.findFormer?.(event.endpoint, event.id));
    return placement && { placement, contentDiffers: false };
  }

  #publish(keys: EventKeys, mark: string | undefined, publish: Publish, contentDiffers: boolean): Promise<Published> {
    const active = new ActiveEvent(keys, publish(), mark);
    this.#active.add(active);
    return active.published.then(
      (placement) => {
        this.#active.settle(active, placement);
        this.#afterPublish();
        return { placement, duplicate: false, contentDiffers };
      },
      (error: unknown) => {
        this.#active.remove(active);
        this.#release([active]);
        // The sender is told to send again; if Kafka takes this one after all, the next is its repetition.
        if (error instanceof PublishError) error.late?.then((placement) => this.#keepLate(keys, placement), ignore);
        throw error;
      },
    );
  }

  /** Without another holder, `publish` is called before this returns: events keep their order. */
  #publishClaimed(keys: EventKeys, publish: Publish, differs: boolean): Promise<Published> {
    const claim = this.#take(claimKey(keys));
    if (claim !== undefined && 'holder' in claim) return this.#publishAfter(keys, claim.holder, publish, differs);
    // Whoever held it before may have published it: the window is written before a claim is given up.
    const found = claim && this.#attempt(() => this.#window.find(keys, true));
    if (claim !== undefined && found?.placement !== undefined) {
      this.#release([{ keys, mark: claim.mark }]);
      return Promise.resolve({ placement: found.placement, duplicate: true, contentDiffers: found.contentDiffers });
    }
    return this.#publish(keys, claim?.mark, publish, differs || found !== undefined);
  }

  /** Waits for the process that publishes it. Twins in this process wait for the same. */
  async #publishAfter(keys: EventKeys, first: string, publish: Publish, differs: boolean): Promise<Published> {
    let found: Found | undefined;
    const publishOnce = async () => {
      const mark = await this.#takeOver(claimKey(keys), first);
      const active = findRepeated(this.#active.of(keys), keys);
      // The claim is given up when the window has the event.
      if (active !== undefined) active.mark = mark;
      found = this.#attempt(() => this.#window.find(keys, true));
      return found?.placement ?? publish();
    };
    const { placement } = await this.#publish(keys, undefined, publishOnce, differs);
    const duplicate = found?.placement !== undefined;
    return { placement, duplicate, contentDiffers: found?.contentDiffers ?? differs };
  }

  /** Resolves with the mark of our own claim when the other process is done, dead or too slow; undefined if the disk fails. */
  async #takeOver(key: string, first: string): Promise<string | undefined> {
    let holder = first;
    for (;;) {
      const over = await this.#waitFor(key, holder);
      const claim = this.#take(key, over ? undefined : holder);
      if (claim === undefined || 'mark' in claim) return claim?.mark;
      holder = claim.holder;
    }
  }

  #take(key: string, hung?: string): EventClaim | undefined {
    return this.#attempt(() => this.#claims?.take(key, hung));
  }

  /** Resolves when the holder is done or dead; with false if it takes too long. */
  async #waitFor(key: string, holder: string): Promise<boolean> {
    const since = this.#clock.now();
    while (this.#attempt(() => this.#claims?.isHeld(key, holder))) {
      if (this.#clock.now() - since >= patience) return false;
      await new Promise<void>((resolve) => {
        this.#clock.after(polling, resolve);
      });
      if (this.#state !== 'open')
        throw new PublishError('unavailable', 'CLOSED', 'the gateway is stopping and takes no records');
    }
    return true;
  }

  #keepLate(keys: EventKeys, placement: Placement | Spooled): void {
    if (this.#state === 'closed') return;
    const event = new ActiveEvent(keys, Promise.resolve(placement));
    this.#active.add(event);
    this.#active.settle(event, placement);
    this.#afterPublish();
  }

  #afterPublish(): void {
    if (this.#active.waiting >= keepAtMost + dropAtOnce) this.#dropOldest();
    if (this.#writing === undefined) this.#writeLater();
  }

  #dropOldest(): void {
    const oldest: ActiveEvent[] = [];
    for (const event of this.#active.published()) {
      if (oldest.push(event) === dropAtOnce) break;
    }
    for (const event of oldest) this.#active.remove(event);
    this.#release(oldest);
  }

  #writeLater(): void {
    this.#cancelTimer ??= this.#clock.after(this.#failing ? pause : gathering, () => {
      this.#cancelTimer = undefined;
      this.#writing = this.#writeGroup().then(() => {
        this.#writing = undefined;
        if (this.#active.waiting > 0) this.#writeLater();
      });
    });
  }

  async #writeGroup(): Promise<void> {
    const group = [...this.#active.published()];
    try {
      await this.#window.remember(group);
      if (this.#failing) this.#log('info', 'the dedupe window can be used again', {});
      this.#failing = false;
      for (const event of group) this.#active.remove(event);
    } catch (error) {
      this.#complain(error);
    }
    this.#release(group);
  }

  #release(events: readonly Pick<ActiveEvent, 'keys' | 'mark'>[]): void {
    if (this.#claims === undefined) return;
    const held = events.flatMap(({ keys, mark }) => (mark === undefined ? [] : { key: claimKey(keys), mark }));
    if (held.length > 0) this.#attempt(() => this.#claims?.release(held));
  }

  /** Undefined where the disk fails. */
  #attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#complain(error);
      return undefined;
    }
  }

  #complain(error: unknown): void {
    const reason = errorText(error);
    if (!this.#failing)
      this.#log(
        'error',
        'the dedupe window cannot be used: after a restart, and in other workers, repetitions are published again',
        { reason },
      );
    this.#failing = true;
  }
}

function repeat({ keys, placement, published }: ActiveEvent, { digest }: EventKeys): Promise<Published> {
  const contentDiffers = keys.digest !== digest;
  if (placement !== undefined) return Promise.resolve({ placement, duplicate: true, contentDiffers });
  return published.then((where) => ({ placement: where, duplicate: true, contentDiffers }));
}

function ignore(): void {}
