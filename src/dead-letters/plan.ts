import type { Dedupe, Endpoint, KeySource, Placement, Publisher } from '../core/model.js';
import type { Positions, StoredRecord } from '../publish/read.js';
import type { Ledger } from './ledger.js';
import type { DeadLetter } from './letter.js';

/** Letters and bytes of bodies that are in memory at a time. */
const chunkSize = 5_000;
const chunkBytes = 32 * 1024 * 1024;

/** What a replay needs of the world. */
export interface ReplayPorts {
  readonly endpoints: readonly Endpoint[];
  readonly keys?: KeySource;
  /** Straight to the topics, without a spool. */
  readonly publisher: Publisher<Placement>;
  /** The gateway's memory of published events, where it can be had. */
  readonly dedupe?: Dedupe;
  /** False where the configuration has events published as often as they come. */
  readonly once: boolean;
  /** The records of the letters, with their bodies. */
  readonly load: (letters: readonly DeadLetter[]) => Promise<ReadonlyMap<string, StoredRecord>>;
  /** Where the topics end now; a topic that isn't there is left out. */
  readonly ends: (topics: readonly string[]) => Promise<Positions>;
  /** What lies in the topics from there on. */
  readonly readFrom: (positions: Positions) => AsyncIterable<StoredRecord>;
  /** False as soon as another replay may be at work. */
  readonly held: () => boolean;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly show: (tally: ReplayTally) => void;
}

export interface ReplayTally {
  /** Letters that are to be replayed. */
  readonly selected: number;
  /** Letters that are done. */
  replayed: number;
  /** Letters of a replay that was cut short. */
  resumed: number;
  /** Records written to the events' topics; those that a replay cut short had written are found, not counted. */
  published: number;
  /** Events that were in their topics before. */
  duplicates: number;
  /** Letters that only the name of their secret says to be proven, and that were done. */
  byName: number;
  /** Topic → events. */
  readonly topics: { [topic: string]: number };
  readonly failing: { readonly id: string; readonly reason: string; readonly detail?: string | undefined }[];
}

export function newTally(selected: number, resumed = 0): ReplayTally {
  return { selected, resumed, replayed: 0, published: 0, duplicates: 0, byName: 0, topics: {}, failing: [] };
}

/** Which items of a letter are still to be done. */
export function openItems(letter: DeadLetter, ledger: Ledger): readonly string[] {
  const remaining = ledger.mark(letter.id)?.remaining;
  const items = remaining ?? letter.errors.map(({ item = '' }) => item);
  return items.length === 0 ? [''] : items;
}

/** As much as is held in memory at a time. */
export function* chunks(letters: readonly DeadLetter[]): Generator<readonly DeadLetter[]> {
  let chunk: DeadLetter[] = [];
  let bytes = 0;
  for (const letter of letters) {
    chunk.push(letter);
    bytes += letter.bytes;
    if (chunk.length < chunkSize && bytes < chunkBytes) continue;
    yield chunk;
    chunk = [];
    bytes = 0;
  }
  if (chunk.length > 0) yield chunk;
}
