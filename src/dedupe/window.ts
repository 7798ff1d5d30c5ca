import type { Placement, Spooled } from '../model.js';
import type { Clock } from '../publish/clock.js';
import { Chain } from './chain.js';
import {
  entrySize,
  isEntry,
  kinds,
  readKey,
  readKind,
  readPlacement,
  readTime,
  type Time,
  writeEvent,
  writeTime,
} from './entry.js';
import type { Folder } from './folder.js';
import { Table } from './table.js';
import { Topics } from './topics.js';

/** The events that were published within some time, on disk. */
export interface Window {
  /** Where the event lies. Throws what the disk throws. `fresh`: with all that other processes have written. */
  find(key: string, fresh?: boolean): Placement | Spooled | undefined;
  /** Resolves when they can be found, by other processes too, even after `kill -9` of this one. One call at a time. */
  remember(events: readonly RememberedEvent[]): Promise<void>;
  /** How many ids it has. */
  count(): number;
  /** Resolves when what it has survives a crash of the machine. */
  close(): Promise<void>;
}

export interface RememberedEvent {
  /** See `hashEvent`. */
  readonly key: string;
  readonly placement: Placement | Spooled;
}

export interface WindowOptions {
  readonly folder: Folder;
  /** Milliseconds that an event is found for, and for a quarter longer at the most. */
  readonly length: number;
  /** True where other processes write to the folder. */
  readonly shared: boolean;
  readonly clock: Clock;
  readonly log: (level: 'warn' | 'error', message: string, fields: { readonly [name: string]: unknown }) => void;
  /** How large a slice grows. Default: 4 million ids. */
  readonly sliceBytes?: number;
}

interface Slice {
  readonly number: number;
  readonly table: Table;
  /** See `startAge`; unknown until a time has been read. */
  begun: number | undefined;
}

/** A quarter of the window each, and one more, so that the oldest is past the window when it is deleted. */
const sliceCount = 5;
/** A slice that is full makes place for the next, at the cost of the oldest. */
const mostSliceBytes = 160_000_000;
/** Milliseconds between two times in a slice. */
const timeInterval = 60_000;

/**
 * Opens (and makes, if need be) the window in a folder. It is a chain of slices, which are deleted whole; of each id there
 * are 40 bytes in a file, and some 12 in memory that tell where. 20 million ids are the most, in 800 MB of disk and 250 MB
 * of each process; where more come within the window, the oldest are forgotten too early, and the log says so.
 */
export async function openWindow(options: WindowOptions): Promise<Window> {
  const { folder, length, shared, clock, log, sliceBytes = mostSliceBytes } = options;
  const sliceLength = length / 4;
  /** The newest first. */
  let slices: readonly Slice[] = [];
  let last: Time | undefined;
  let start: number | undefined;
  const topics = new Topics(folder);
  const chain = await Chain.open({
    ...{ folder, name: 'window', follow: shared ? clock : undefined, visit, onTurn: prune },
    onDamage: (fields) => log('error', 'a part of the dedupe window is damaged; what is whole is kept', fields),
  });
  start = startAge(last, clock.date(), sliceLength) - clock.now();
  prune(chain);

  function now(): number {
    return (start ?? 0) + clock.now();
  }

  function visit({ number, position, from, at }: { number: number; position: number; from: Buffer; at: number }): void {
    const slice = sliceOf(number);
    const kind = readKind(from, at);
    if (kind === kinds.event) slice.table.add(readKey(from, at), position);
    if (kind !== kinds.time) return;
    const time = readTime(from, at);
    slice.begun ??= time.age;
    if (last === undefined || time.age >= last.age) last = time;
  }

  function sliceOf(number: number): Slice {
    const newest = slices[0];
    const known = newest?.number === number ? newest : slices.find((slice) => slice.number === number);
    if (known !== undefined) return known;
    const slice = { number, table: new Table(), begun: undefined };
    slices = [...slices, slice].sort((a, b) => b.number - a.number);
    return slice;
  }

  function isPast({ begun }: Slice): boolean {
    return begun !== undefined && now() >= begun + sliceLength + length;
  }

  /** Deletes what is past the window, or one slice too many. */
  function prune(chain: Chain): void {
    if (start === undefined) return;
    for (const number of chain.numbers) sliceOf(number);
    for (const slice of slices.slice(1).reverse()) {
      const past = isPast(slice);
      if (!past && slices.length <= sliceCount) continue;
      if (!past) log('warn', 'the dedupe window is full: the oldest events are forgotten before their time', {});
      slices = slices.filter((other) => other !== slice);
      chain.drop(slice.number);
    }
  }

  function find(key: string, fresh = false): Placement | Spooled | undefined {
    if (fresh) chain.follow();
    for (const slice of slices) {
      if (isPast(slice)) continue;
      for (const position of slice.table.find(key)) {
        const entry = chain.read(slice.number, position);
        if (entry === undefined || !isEntry(entry, 0) || readKey(entry, 0) !== key) continue;
        return readPlacement(entry, 0, (topic) => topics.name(topic));
      }
    }
    return undefined;
  }

  /** Goes on to the next slice where the current one has had its time, or is full. */
  function turnIfDue(): void {
    chain.follow();
    const { begun } = sliceOf(chain.current);
    if (chain.length >= sliceBytes || (begun !== undefined && now() >= begun + sliceLength)) chain.turn();
  }

  async function remember(events: readonly RememberedEvent[]): Promise<void> {
    turnIfDue();
    await topics.add(new Set(events.map(({ placement }) => placement.topic)));
    const { begun } = sliceOf(chain.current);
    const due = Math.min(timeInterval, sliceLength / 10);
    const timed = begun === undefined || last === undefined || now() - last.age >= due;
    const entries = Buffer.allocUnsafe((events.length + (timed ? 1 : 0)) * entrySize);
    let at = 0;
    if (timed) {
      writeTime(entries, at, { age: now(), date: clock.date() });
      at += entrySize;
    }
    for (const { key, placement } of events) {
      writeEvent(entries, at, key, topics.hash(placement.topic), placement);
      at += entrySize;
    }
    await chain.append(entries);
  }

  return {
    find,
    remember,
    count: () => slices.reduce((sum, { table }) => sum + table.size, 0),
    async close() {
      await Promise.all([chain.close(), topics.close()]);
    },
  };
}

/**
 * The age to go on from: milliseconds that passed while the window was looked at. While a process runs, ages follow a
 * clock that nobody sets. Between two processes the date tells, and a date that was set wrong can take a quarter of the
 * window, never all of it, and never makes anything younger.
 */
function startAge(last: Time | undefined, date: number, sliceLength: number): number {
  if (last === undefined) return 0;
  return last.age + Math.min(Math.max(date - last.date, 0), sliceLength);
}
