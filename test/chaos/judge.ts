import { findAcknowledgement, type SentEvent } from './ledger.js';
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
  { crashes, deletions, parked }: History,
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
  const duplicates = new Map<string, string | undefined>();
  for (const event of events) {
    const places = found.get(event.id) ?? [];
    if (places.length > 1) duplicates.set(event.id, explain(event, places, crashes));
  }
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

/** Attempts with these results wrote nothing: nobody was there, or the gateway said that it has the event already. */
const writesNothing: ReadonlySet<string> = new Set(['duplicate', 'ECONNREFUSED']);

/**
 * Each attempt can leave one record, and each crash between the first attempt and the last record one more: what a
 * process did not live to note as done, the next one does again.
 */
function explain({ attempts }: SentEvent, places: readonly Found[], crashes: readonly Crash[]): string | undefined {
  const from = attempts[0]?.startedAt ?? 0;
  const until = places.at(-1)?.at ?? 0;
  const during = crashes.filter(({ at }) => at >= from && at <= until);
  const writing = attempts.filter(({ result }) => !writesNothing.has(result));
  if (places.length > during.length + writing.length) return undefined;
  const [first, ...more] = during.map(({ what, at }) => `kill -9 of the ${what} at ${new Date(at).toISOString()}`);
  const others = more.length > 1 ? [`${more.length - 1} more`, ...more.slice(-1)] : more;
  const unknown = writing.slice(0, -1).map(({ result }) => `sent again after ${result}`);
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
