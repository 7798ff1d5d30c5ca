import { type Dedupe, type Placement, PublishError, type Spooled } from '../model.js';
import type { Clock } from '../publish/clock.js';
import type { Claims } from './claims.js';
import { hashEvent } from './entry.js';
import type { RememberedEvent, Window } from './window.js';

/** Milliseconds between a publish and its being written to the window, together with all that came meanwhile. */
const gathering = 50;
/** Milliseconds until it is tried again if the disk fails, and how many events are kept meanwhile (some 300 bytes each). */
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

export interface ClosableDedupe extends Dedupe {
  /** How many events it knows; undefined where none are remembered. */
  count(): number | undefined;
  /** Writes what it knows. Publishes must have ended. */
  close(): Promise<void>;
}

type Publish = () => Promise<Placement | Spooled>;
type Published = Awaited<ReturnType<Dedupe['once']>>;

interface Remembered extends RememberedEvent {
  readonly mark: string | undefined;
}

/**
 * Publishes an event once. It is remembered only after its publish succeeded, be it late, when its sender was already told
 * to send it again: here at once, in the window some 50 ms later, which nobody waits for, so that a crash in between lets
 * a repetition through (at least once). Twins in this process
 * share one publish and whatever comes of it, a refusal too. A twin in another process waits; if the first fails, it tries
 * by itself, and so it does after half a minute. Faults of the disk stop nothing: what can't be written is known here only.
 */
export function createDedupe({ window, claims, clock, log }: DedupeParts): ClosableDedupe {
  const running = new Map<string, Promise<Published>>();
  /** What isn't in the window yet. */
  const recent = new Map<string, Remembered>();
  let writing: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;
  let closing = false;
  let closed = false;
  let failing = false;

  function once(endpoint: string, id: string, publish: Publish): Promise<Published> {
    const key = hashEvent(endpoint, id);
    const twin = running.get(key);
    if (twin !== undefined) return twin;
    const known = recent.get(key)?.placement ?? attempt(() => window.find(key));
    if (known !== undefined) return Promise.resolve({ placement: known, duplicate: true });
    const published = claims === undefined ? publishFirst(key, undefined, publish) : publishClaimed(key, publish);
    running.set(key, published);
    return published;
  }

  function publishFirst(key: string, mark: string | undefined, publish: Publish): Promise<Published> {
    return publish().then(
      (placement) => {
        running.delete(key);
        keep({ key, placement, mark });
        return { placement, duplicate: false };
      },
      (error: unknown) => {
        running.delete(key);
        release([{ key, mark }]);
        // The sender is told to send again; if Kafka takes this one after all, the next is its repetition.
        if (error instanceof PublishError)
          error.late?.then((placement) => keep({ key, placement, mark: undefined }), ignore);
        throw error;
      },
    );
  }

  /** Without another holder, `publish` is called before this returns: events keep their order. */
  async function publishClaimed(key: string, publish: Publish): Promise<Published> {
    let claim = attempt(() => claims?.take(key));
    for (let waited = false; claim !== undefined; waited = true) {
      if ('mark' in claim) {
        const { mark } = claim;
        // Whoever held it before may have published it: the window is written before a claim is given up.
        const known = attempt(() => window.find(key, true));
        if (known === undefined) break;
        running.delete(key);
        release([{ key, mark }]);
        return { placement: known, duplicate: !waited };
      }
      const { holder } = claim;
      const over = await waitFor(key, holder);
      claim = attempt(() => claims?.take(key, over ? undefined : holder));
    }
    return publishFirst(key, claim?.mark, publish);
  }

  /** Resolves when the holder is done or dead; with false if it takes too long. */
  async function waitFor(key: string, holder: string): Promise<boolean> {
    const since = clock.now();
    while (attempt(() => claims?.isHeld(key, holder))) {
      if (clock.now() - since >= patience) return false;
      await new Promise<void>((resolve) => {
        clock.after(polling, resolve);
      });
      if (!closing) continue;
      running.delete(key);
      throw new PublishError('unavailable', 'CLOSED', 'the gateway is stopping and takes no records');
    }
    return true;
  }

  function keep(event: Remembered): void {
    if (closed) return;
    recent.set(event.key, event);
    if (recent.size >= keepAtMost + dropAtOnce) dropOldest();
    if (writing === undefined) cancelTimer ??= clock.after(failing ? pause : gathering, write);
  }

  function dropOldest(): void {
    const oldest = [...recent.values()].slice(0, dropAtOnce);
    for (const { key } of oldest) recent.delete(key);
    release(oldest);
  }

  function write(): void {
    cancelTimer = undefined;
    writing = writeGroup([...recent.values()]).then(() => {
      writing = undefined;
      if (recent.size > 0) cancelTimer ??= clock.after(failing ? pause : gathering, write);
    });
  }

  async function writeGroup(group: readonly Remembered[]): Promise<void> {
    try {
      await window.remember(group);
      if (failing) log('info', 'the dedupe window can be used again', {});
      failing = false;
      for (const event of group) if (recent.get(event.key) === event) recent.delete(event.key);
    } catch (error) {
      complain(error);
    }
    release(group);
  }

  function release(events: readonly { readonly key: string; readonly mark: string | undefined }[]): void {
    if (claims === undefined) return;
    const held = events.flatMap(({ key, mark }) => (mark === undefined ? [] : { key, mark }));
    if (held.length > 0) attempt(() => claims.release(held));
  }

  /** Undefined where the disk fails. */
  function attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      complain(error);
      return undefined;
    }
  }

  function complain(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (!failing)
      log(
        'error',
        'the dedupe window cannot be used: after a restart, and in other workers, repetitions are published again',
        { reason },
      );
    failing = true;
  }

  return {
    once,
    count: () => window.count() + recent.size,
    async close() {
      closing = true;
      await writing;
      cancelTimer?.();
      if (recent.size > 0) await writeGroup([...recent.values()]);
      closed = true;
      await Promise.all([window.close(), claims?.close()]);
    },
  };
}

function ignore(): void {}
