import type { Placement, Spooled } from '../../core/model.js';
import type { Clock } from '../../util/clock.js';
import { Chain } from './chain.js';
import {
  format,
  kinds,
  readDigest,
  readKey,
  readKind,
  readPlacement,
  readTime,
  readTopic,
  type Time,
  writeEvent,
  writeTime,
} from './entry.js';
import type { Folder } from './folder.js';
import { type FormerWindow, openFormerWindow } from './former.js';
import type { EventKeys } from './keys.js';
import type { Visit } from './log-part.js';
import { Table } from './table.js';
import { Topics } from './topics.js';

/** What the window knows of an event. */
export interface Found {
  /** Where it lies; absent where only its id is known, with other content. */
  readonly placement?: Placement | Spooled;
  /** Its id is known with other content. */
  readonly contentDiffers: boolean;
}

/** The events that were published within some time, on disk. */
export interface Window {
  /** Throws what the disk throws. `fresh`: with all that other processes have written. */
  find(keys: EventKeys, fresh?: boolean): Found | undefined;
  /** What a former gateway remembered, by endpoint and id alone; absent once that is past the window. */
  findFormer?(endpoint: string, id: string): Placement | Spooled | undefined;
  /** Resolves when they can be found, by other processes too, even after `kill -9` of this one. One call at a time. */
  remember(events: readonly RememberedEvent[]): Promise<void>;
  /** How many events it has. */
  count(): number;
  /** Resolves when what it has survives a crash of the machine. */
  close(): Promise<void>;
}

export interface RememberedEvent {
  readonly keys: EventKeys;
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
  /** How large a slice grows. Default: 4 million events. */
  readonly sliceBytes?: number;
}

interface Slice {
  readonly number: number;
  readonly table: Table;
  events: number;
  /** See `startAge`; unknown until a time has been read. */
  begun: number | undefined;
}

/** A quarter of the window each, and one more, so that the oldest is past the window when it is deleted. */
const sliceCount = 5;
/** A slice that is full makes place for the next, at the cost of the oldest. */
const mostSliceBytes = 4_000_000 * format.size;
/** Milliseconds between two times in a slice. */
const timeInterval = 60_000;

/**
 * Opens (and makes, if need be) the window in a folder. It is a chain of slices, which are deleted whole; of each event there
 * are 56 bytes in a file, and some 18 in memory that tell where. 20 million events are the most, in 1.1 GB of disk and 370 MB of each
 * process; where more come within the window, the oldest are forgotten too early, and the log
 * says so.
 */
export async function openWindow(options: WindowOptions): Promise<Window> {
  const window = new SlicedWindow(options);
  await window.open();
  return window;
}

class SlicedWindow implements Window {
  readonly #options: WindowOptions;
  readonly #sliceLength: number;
  readonly #topics = new Topics();
  /** The newest first. */
  #slices: readonly Slice[] = [];
  #last: Time | undefined;
  #start: number | undefined;
  #former: FormerWindow | undefined;
  #chain: Chain | undefined;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.#sliceLength = options.length / 4;
  }

  async open(): Promise<void> {
    const { folder, shared, clock, log } = this.#options;
    const onDamage = (fields: { readonly [name: string]: unknown }) =>
      log('error', 'a part of the dedupe window is damaged; what is whole is kept', fields);
    this.#former = await openFormerWindow(folder, onDamage);
    this.#last = this.#former?.last;
    this.#chain = await Chain.open({
      folder,
      name: 'events',
      follow: shared ? clock : undefined,
      onDamage,
      visit: (entry) => this.#visit(entry),
      onTurn: () => this.#prune(),
    });
    this.#start = startAge(this.#last, clock.date(), this.#sliceLength) - clock.now();
    this.#prune();
  }

  find(keys: EventKeys, fresh = false): Found | undefined {
    if (fresh) this.#chain?.follow();
    const { by, digest } = keys;
    // Of two ids with the same print in memory, only the content finds the second.
    const entry = (by === 'id' ? this.#read(keys, '') : undefined) ?? this.#read(keys, digest);
    if (entry !== undefined) {
      const topic = this.#topics.name(readTopic(entry, 0));
      const placement = readPlacement(entry, format.placementAt, topic);
      return { placement, contentDiffers: readDigest(entry, 0) !== digest };
    }
    return by === 'content' && this.#read(keys, '') !== undefined ? { contentDiffers: true } : undefined;
  }

  findFormer(endpoint: string, id: string): Placement | Spooled | undefined {
    return this.#former?.find(endpoint, id);
  }

  async remember(events: readonly RememberedEvent[]): Promise<void> {
    const chain = this.#turnIfDue();
    const topics = new Set(events.map(({ placement }) => placement.topic));
    const names = this.#topics.missing(topics, chain.current);
    await chain.append(Buffer.concat([...this.#timeIfDue(chain), names, this.#encode(events)]));
    // Another process may have gone on to the next file meanwhile.
    const late = this.#topics.missing(topics, chain.current);
    if (late.length > 0) await chain.append(late);
  }

  count(): number {
    return this.#slices.reduce((sum, { events }) => sum + events, this.#former?.count() ?? 0);
  }

  async close(): Promise<void> {
    await Promise.all([this.#chain?.close(), this.#former?.close()]);
  }

  #now(): number {
    return (this.#start ?? 0) + this.#options.clock.now();
  }

  #visit({ number, position, from, at }: Parameters<Visit>[0]): void {
    const slice = this.#sliceOf(number);
    const kind = readKind(from, at);
    if (kind === kinds.event || kind === kinds.eventById) {
      slice.table.add(readKey(from, at), readDigest(from, at), position);
      slice.events++;
    } else if (kind === kinds.topic) {
      this.#topics.add(from, at, number);
    } else if (kind === kinds.time) {
      const time = readTime(from, at);
      slice.begun ??= time.age;
      if (this.#last === undefined || time.age >= this.#last.age) this.#last = time;
    }
  }

  #sliceOf(number: number): Slice {
    const newest = this.#slices[0];
    const known = newest?.number === number ? newest : this.#slices.find((slice) => slice.number === number);
    if (known !== undefined) return known;
    const slice: Slice = { number, table: new Table(), events: 0, begun: undefined };
    this.#slices = [...this.#slices, slice].sort((a, b) => b.number - a.number);
    return slice;
  }

  #isPast(begun: number | undefined): boolean {
    return begun !== undefined && this.#now() >= begun + this.#sliceLength + this.#options.length;
  }

  /** Deletes what is past the window, or one slice too many. */
  #prune(): void {
    const chain = this.#chain;
    if (chain === undefined || this.#start === undefined) return;
    if (this.#former?.prune((begun) => this.#isPast(begun)) === false) {
      void this.#former.close();
      this.#former = undefined;
    }
    for (const number of chain.numbers) this.#sliceOf(number);
    for (const slice of this.#slices.slice(1).reverse()) {
      const past = this.#isPast(slice.begun);
      if (!past && this.#slices.length <= sliceCount) continue;
      if (!past)
        this.#options.log('warn', 'the dedupe window is full: the oldest events are forgotten before their time', {});
      this.#slices = this.#slices.filter((other) => other !== slice);
      chain.drop(slice.number);
    }
  }

  /** The entry of an event, of this content or, if that is empty, of any; valid until the next call. */
  #read({ id }: EventKeys, digest: string): Buffer | undefined {
    for (const { number, table, begun } of this.#slices) {
      if (this.#isPast(begun)) continue;
      for (const position of digest === '' ? table.findId(id) : table.find(id, digest)) {
        const entry = this.#chain?.read(number, position);
        if (entry === undefined || !format.isEntry(entry, 0) || readKey(entry, 0) !== id) continue;
        if (digest === '' || readDigest(entry, 0) === digest) return entry;
      }
    }
    return undefined;
  }

  /** Goes on to the next slice where the current one has had its time, or is full. */
  #turnIfDue(): Chain {
    const chain = this.#chain;
    if (chain === undefined) throw new Error('the dedupe window is not open');
    chain.follow();
    const { begun } = this.#sliceOf(chain.current);
    const full = chain.length >= (this.#options.sliceBytes ?? mostSliceBytes);
    if (full || (begun !== undefined && this.#now() >= begun + this.#sliceLength)) chain.turn();
    return chain;
  }

  #timeIfDue(chain: Chain): readonly Buffer[] {
    const { begun } = this.#sliceOf(chain.current);
    const due = Math.min(timeInterval, this.#sliceLength / 10);
    if (begun !== undefined && this.#last !== undefined && this.#now() - this.#last.age < due) return [];
    const time = Buffer.allocUnsafe(format.size);
    writeTime(time, 0, { age: this.#now(), date: this.#options.clock.date() });
    return [time];
  }

  #encode(events: readonly RememberedEvent[]): Buffer {
    const bytes = Buffer.allocUnsafe(events.length * format.size);
    for (const [index, { keys, placement }] of events.entries()) {
      writeEvent(bytes, index * format.size, keys, this.#topics.hash(placement.topic), placement);
    }
    return bytes;
  }
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
