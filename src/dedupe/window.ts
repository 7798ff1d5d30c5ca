import { mkdirSync } from 'node:fs';
import { type Database, open } from 'lmdb';
import type { Placement, Spooled } from '../model.js';
import type { Clock } from '../publish/clock.js';
import { decodePlacement, encodePlacement } from './entry.js';

/** The events that were published within some time, on disk. */
export interface Window {
  /** Where the event lies. Throws what lmdb throws. `fresh`: as of this moment, not of this turn of the event loop. */
  find(key: Buffer, fresh?: boolean): Placement | Spooled | undefined;
  /** Resolves when they can be found, by other processes too, even after `kill -9` of this one. */
  remember(events: readonly RememberedEvent[]): Promise<void>;
  /** Resolves when what it has survives a crash of the machine. */
  close(): Promise<void>;
}

export interface RememberedEvent {
  /** See `hashEvent`. */
  readonly key: Buffer;
  readonly placement: Placement | Spooled;
}

/** What is known of the slices. Ages are milliseconds that passed while the window was looked at; see `startAge`. */
interface State {
  readonly age: number;
  /** Milliseconds since the epoch at `age`. */
  readonly date: number;
  /** Index of the slice that is being filled. */
  readonly current: number;
  /** Age at which each slice was begun; null: never. */
  readonly starts: readonly (number | null)[];
  readonly topics: readonly string[];
}

/** A quarter of the window each, and one more, so that the oldest is past the window when its place is needed. */
const sliceCount = 5;

/** About 500 MB. A slice that is full makes place for the next, at the cost of the oldest. */
const idsPerSlice = 10_000_000;

/** Address space, not memory: lmdb would otherwise map the file once more whenever it grows. */
const mapSize = 2 ** 34;

const unused: State = { age: 0, date: 0, current: 0, starts: Array(sliceCount).fill(null), topics: [] };

/**
 * Opens (and makes, if need be) the window in a folder; several processes may have it open. `length` in milliseconds: an
 * event is found for that long, and for a quarter longer at the most. Slices of the window are sub-databases of lmdb, which
 * are emptied whole. `overlappingSync` commits first and syncs after: what is found may be lost if the machine crashes.
 */
export function openWindow(dir: string, length: number, clock: Clock): Window {
  mkdirSync(dir, { recursive: true });
  const options = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = open<Buffer, Buffer>({
    ...{ path: dir, noSubdir: false, overlappingSync: true, eventTurnBatching: false, mapSize },
    ...options,
  });
  const slices = Array.from({ length: sliceCount }, (_, index) =>
    root.openDB<Buffer, Buffer>({ name: `slice-${index}`, ...options }),
  );
  const states = root.openDB<State, string>({ name: 'state', encoding: 'json' });
  const sliceLength = length / 4;
  const start = startAge(states.get('state'), clock.date(), sliceLength) - clock.now();

  function now(): number {
    return start + clock.now();
  }

  function find(key: Buffer, fresh = false): Placement | Spooled | undefined {
    if (fresh) root.resetReadTxn();
    const state = states.get('state');
    if (state === undefined) return undefined;
    for (let back = 0; back < sliceCount; back++) {
      const index = (state.current - back + sliceCount) % sliceCount;
      const begun = state.starts[index];
      if (begun === null || begun === undefined || now() >= begun + sliceLength + length) continue;
      const bytes = slices[index]?.get(key);
      if (bytes !== undefined) return decodePlacement(bytes, state.topics);
    }
    return undefined;
  }

  /** Runs in the transaction. */
  function write(events: readonly RememberedEvent[]): void {
    const state = turn(states.get('state') ?? unused, slices, now(), sliceLength);
    const topics = [...new Set([...state.topics, ...events.map(({ placement }) => placement.topic)])];
    const indexes = new Map(topics.map((topic, index) => [topic, index]));
    for (const { key, placement } of events) {
      slices[state.current]?.putSync(key, encodePlacement(indexes.get(placement.topic) ?? 0, placement));
    }
    states.putSync('state', { ...state, age: Math.max(now(), state.age), date: clock.date(), topics });
  }

  return {
    find,
    async remember(events) {
      // Neighbours share pages.
      const sorted = events.toSorted((a, b) => Buffer.compare(a.key, b.key));
      await root.transaction(() => write(sorted)).catch(throwCause);
    },
    async close() {
      await root.flushed;
      await root.close();
    },
  };
}

/** lmdb has the reason of a failed commit in a promise, which nobody else handles. */
async function throwCause(error: unknown): Promise<never> {
  if (error instanceof Error && 'commitError' in error) await error.commitError;
  throw error;
}

/**
 * The age to go on from. While a process runs, ages follow a clock that nobody sets. Between two processes the date
 * tells, and a date that was set wrong can take a quarter of the window, never all of it, and never makes anything younger.
 */
function startAge(state: State | undefined, date: number, sliceLength: number): number {
  if (state === undefined) return 0;
  return state.age + Math.min(Math.max(date - state.date, 0), sliceLength);
}

/** Goes on to the next slice where the current one has had its time, or is full. */
function turn(state: State, slices: readonly Database<Buffer, Buffer>[], now: number, sliceLength: number): State {
  const begun = state.starts[state.current];
  if (typeof begun === 'number' && now < begun + sliceLength && countIds(slices[state.current]) < idsPerSlice) {
    return state;
  }
  const current = (state.current + 1) % sliceCount;
  slices[current]?.clearSync();
  return { ...state, current, starts: state.starts.map((each, index) => (index === current ? now : each)) };
}

function countIds(slice: Database<Buffer, Buffer> | undefined): number {
  const stats = slice?.getStats();
  return stats !== undefined && 'entryCount' in stats && typeof stats.entryCount === 'number' ? stats.entryCount : 0;
}
