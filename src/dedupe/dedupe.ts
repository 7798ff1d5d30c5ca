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
/** Milliseconds between two looks at an event that another process publishes. */
const polling = 5;
/** Milliseconds after which a publish of another process is no longer waited for. */
const patience = 30_000;

export interface DedupeParts {
  readonly window: Window;
  /** Present where other processes have the same window. */
  readonly claims?: Claims | undefined;
  readonly clock: Clock;
  readonly log: (level: 'info' | 'error', message: string, fields: { readonly [name: string]: unknown }) => void;
}

export interface ClosableDedupe extends Dedupe {
  /** Writes what it knows. Publishes must have ended. */
  close(): Promise<void>;
}

type Published = Awaited<ReturnType<Dedupe['once']>>;

interface Remembered extends RememberedEvent {
  readonly mark: Buffer | undefined;
}

/**
 * Publishes an event once. It is remembered only after its publish succeeded: here at once, in the window some 50 ms later,
 * which nobody waits for, so that a crash in between lets a repetition through (at least once). Twins in this process
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
  let failing = false;

  function once(endpoint: string, id: string, publish: () => Promise<Placement | Spooled>): Promise<Published> {
    const key = hashEvent(endpoint, id);
    const name = key.toString('latin1');
    const twin = running.get(name);
    if (twin !== undefined) return twin;
    const known = recent.get(name)?.placement ?? attempt(() => window.find(key));
    if (known !== undefined) return Promise.resolve({ placement: known, duplicate: true });
    const published = publishFirst(key, name, publish).finally(() => running.delete(name));
    running.set(name, published);
    return published;
  }

  /** Without another holder, `publish` is called before this returns: events keep their order. */
  async function publishFirst(
    key: Buffer,
    name: string,
    publish: () => Promise<Placement | Spooled>,
  ): Promise<Published> {
    let claim = attempt(() => claims?.take(key));
    for (let waited = false; claim !== undefined; waited = true) {
      if ('mark' in claim) {
        const { mark } = claim;
        // Whoever held it before may have published it: the window is written before a claim is given up.
        const known = attempt(() => window.find(key, true));
        if (known === undefined) break;
        release(key, mark);
        return { placement: known, duplicate: !waited };
      }
      const hung = await waitFor(key, claim.holder);
      claim = attempt(() => claims?.take(key, hung));
    }
    const mark = claim?.mark;
    try {
      const placement = await publish();
      recent.set(name, { key, placement, mark });
      if (writing === undefined) cancelTimer ??= clock.after(gathering, write);
      return { placement, duplicate: false };
    } catch (error) {
      release(key, mark);
      throw error;
    }
  }

  /** Resolves when the holder is done or dead; with the holder if it takes too long. */
  async function waitFor(key: Buffer, holder: Buffer): Promise<Buffer | undefined> {
    const since = clock.now();
    while (attempt(() => claims?.isHeld(key, holder))) {
      if (clock.now() - since >= patience) return holder;
      await new Promise<void>((resolve) => {
        clock.after(polling, resolve);
      });
      if (closing) throw new PublishError('unavailable', 'CLOSED', 'the gateway is stopping and takes no records');
    }
    return undefined;
  }

  function write(): void {
    cancelTimer = undefined;
    writing = writeGroup([...recent]).then(() => {
      writing = undefined;
      if (recent.size > 0) cancelTimer ??= clock.after(failing ? pause : gathering, write);
    });
  }

  async function writeGroup(group: readonly (readonly [string, Remembered])[]): Promise<void> {
    try {
      await window.remember(group.map(([, event]) => event));
      if (failing) log('info', 'the dedupe window can be used again', {});
      failing = false;
      for (const [name] of group) recent.delete(name);
    } catch (error) {
      complain(error);
      for (const name of [...recent.keys()].slice(0, -keepAtMost)) recent.delete(name);
    }
    for (const [, { key, mark }] of group) release(key, mark);
  }

  function release(key: Buffer, mark: Buffer | undefined): void {
    if (mark !== undefined) attempt(() => claims?.release(key, mark));
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
    async close() {
      closing = true;
      await writing;
      cancelTimer?.();
      if (recent.size > 0) await writeGroup([...recent]);
      await Promise.all([window.close(), claims?.close()]);
    },
  };
}
