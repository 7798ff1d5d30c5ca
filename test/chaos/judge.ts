import { type Attempt, findAcknowledgement, type SentEvent } from './ledger.js';
import type { Crash } from './schedule.js';

/** A record as it was found in Kafka. */
export interface Found {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** When the broker appended it; milliseconds since the epoch. */
  readonly at: number;
  /** SHA-256 of the value. */
  readonly digest: string;
}

/** A topic was deleted, with all that was in it. */
export interface Deletion {
  readonly topic: string;
  /** No broker had it any more; milliseconds since the epoch. */
  readonly goneAt: number;
}

/** What was done to the gateway and to Kafka that a record's fate depends on. */
export interface History {
  readonly crashes: readonly Crash[];
  readonly deletions: readonly Deletion[];
  /** How many workers a crash of the gateway ends. */
  readonly workers: number;
  /** Ids of events that were parked: they are sent when an operator says so, whatever came after them. */
  readonly parked: ReadonlySet<string>;
}

export interface Verdict {
  readonly acknowledged: number;
  /** Ids that are gone with a topic which was deleted after they had been sent. */
  readonly deleted: readonly string[];
  /** Ids whose bytes are in no topic although a 200 said that they are safe. */
  readonly missing: readonly string[];
  /** Id → why it has more than one record; none where nothing explains it. */
  readonly duplicates: ReadonlyMap<string, string | undefined>;
  /** `id after id`: the first was sent and acknowledged before the second, and lies behind it. */
  readonly outOfOrder: readonly string[];
  /** Records that nobody sent, or whose bytes are others. */
  readonly strange: readonly string[];
}

/** Compares what was promised with what is there. Order is judged among events that `scope` gives the same name. */
export function judge(
  events: readonly SentEvent[],
  records: readonly Found[],
  { crashes, workers, deletions, parked }: History,
  scope: (event: SentEvent) => string,
): Verdict {
  const found = new Map<string, Found[]>();
  const digests = new Map(events.map(({ id, digest }) => [id, digest]));
  const strange: string[] = [];
  for (const record of records) {
    if (digests.get(record.id) !== record.digest) {
      strange.push(`${record.id} in ${place(record)}`);
      continue;
    }
    const others = found.get(record.id);
    if (others) others.push(record);
    else found.set(record.id, [record]);
  }
  for (const places of found.values()) places.sort((one, other) => one.at - other.at || compareOffsets(one, other));
  const acknowledged = events.filter((event) => findAcknowledgement(event) !== undefined);
  const repeated = events.map((event) => ({ event, places: found.get(event.id) ?? [] }));
  const duplicates = explainAll(
    repeated.filter(({ places }) => places.length > 1),
    crashes,
    workers,
  );
  const lost = acknowledged.filter(({ id }) => !found.has(id));
  return {
    acknowledged: acknowledged.length,
    deleted: lost.filter((event) => isDeleted(event, deletions)).map(({ id }) => id),
    missing: lost.filter((event) => !isDeleted(event, deletions)).map(({ id }) => id),
    duplicates,
    outOfOrder: findInversions(
      acknowledged.filter(({ id }) => !parked.has(id)),
      found,
      scope,
    ),
    strange,
  };
}

/** Whether the attempt that left its record was made before its topic was gone. */
function isDeleted({ topic, attempts }: SentEvent, deletions: readonly Deletion[]): boolean {
  const last = attempts.at(-1);
  const writer = last?.result === 'duplicate' ? attempts[0] : last;
  return deletions.some((deletion) => deletion.topic === topic && (writer?.startedAt ?? 0) <= deletion.goneAt);
}

interface Repeated {
  readonly event: SentEvent;
  /** Its records, the first that was written first. */
  readonly places: readonly Found[];
}

/** Attempts with these results wrote nothing: nobody was there, or the gateway said that it has the event already. */
const writesNothing: ReadonlySet<string> = new Set(['duplicate', 'ECONNREFUSED']);

/** Records of a batch, at the most: what a worker has in flight to one partition. */
const batchLimit = 1_000;

/**
 * What the README says of duplicates, and nothing else: an attempt that got no 200 may have left a record, and so may a crash,
 * of what was in flight, which is one batch for each partition and each worker that died. A stop explains none.
 */
function explainAll(
  repeated: readonly Repeated[],
  crashes: readonly Crash[],
  workers: number,
): Map<string, string | undefined> {
  const reasons = new Map<string, string | undefined>();
  const inFlight = new Map<string, { batches: number; ids: string[]; offsets: number[] }>();
  for (const each of repeated) {
    const { event, places } = each;
    const during = listCrashes(each, crashes);
    reasons.set(event.id, explain(each, during));
    const left = places.slice(0, Math.max(0, places.length - listWriters(event).length));
    for (const { topic, partition, offset } of left) {
      const key = [topic, partition, ...during.map(({ at }) => at)].join(' ');
      const batches = during.reduce((sum, { what }) => sum + (what === 'gateway' ? workers : 1), 0);
      const group = inFlight.get(key) ?? { batches, ids: [], offsets: [] };
      group.ids.push(event.id);
      group.offsets.push(Number(offset));
      inFlight.set(key, group);
    }
  }
  for (const { batches, ids, offsets } of inFlight.values()) {
    if (countBatches(offsets) > batches) for (const id of ids) reasons.set(id, undefined);
  }
  return reasons;
}

/** How many batches these offsets of a partition take at the least. */
function countBatches(offsets: readonly number[]): number {
  let count = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const offset of [...offsets].sort((one, other) => one - other)) {
    if (offset < end) continue;
    count++;
    end = offset + batchLimit;
  }
  return count;
}

/** Those between the first attempt and the last record. */
function listCrashes({ event, places }: Repeated, crashes: readonly Crash[]): readonly Crash[] {
  const from = event.attempts[0]?.startedAt ?? 0;
  const until = places.at(-1)?.at ?? 0;
  return crashes.filter(({ at }) => at >= from && at <= until);
}

/** The attempts that may have left a record. */
function listWriters({ attempts }: SentEvent): readonly Attempt[] {
  return attempts.filter(({ result }) => !writesNothing.has(result));
}

/** Each attempt can leave one record, and each crash one more. */
function explain({ event, places }: Repeated, crashes: readonly Crash[]): string | undefined {
  const writers = listWriters(event);
  if (places.length > crashes.length + writers.length) return undefined;
  const [first, ...more] = crashes.map(({ what, at }) => `kill -9 of the ${what} at ${new Date(at).toISOString()}`);
  const others = more.length > 1 ? [`${more.length - 1} more`, ...more.slice(-1)] : more;
  const unknown = writers.slice(0, -1).map(({ result }) => `sent again after ${result}`);
  return [...(first === undefined ? [] : [first]), ...others, ...unknown].join(', ');
}

function findInversions(
  acknowledged: readonly SentEvent[],
  found: ReadonlyMap<string, readonly Found[]>,
  scope: (event: SentEvent) => string,
): string[] {
  const inversions: string[] = [];
  const behind = new Map<string, { readonly event: SentEvent; readonly record: Found }>();
  for (const event of [...acknowledged].sort((one, other) => one.seq - other.seq)) {
    const record = found.get(event.id)?.[0];
    if (record === undefined) continue;
    // A dead letter has a key and a topic of its own: nothing is said about its order.
    const lane = `${scope(event)} ${event.key} ${record.topic}/${record.partition}`;
    const before = behind.get(lane);
    if (before !== undefined && before.record.offset > record.offset) {
      inversions.push(`${describe(event, record)} after ${describe(before.event, before.record)}`);
    } else {
      behind.set(lane, { event, record });
    }
  }
  return inversions;
}

function describe({ id, key, seq }: SentEvent, record: Found): string {
  return `${id} (${key} #${seq}, ${place(record)})`;
}

function place({ topic, partition, offset }: Found): string {
  return `${topic}/${partition}@${offset}`;
}

function compareOffsets(one: Found, other: Found): number {
  return one.offset < other.offset ? -1 : 1;
}
