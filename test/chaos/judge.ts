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

export interface Verdict {
  readonly acknowledged: number;
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
  crashes: readonly Crash[],
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
  return {
    acknowledged: acknowledged.length,
    missing: acknowledged.filter(({ id }) => !found.has(id)).map(({ id }) => id),
    duplicates,
    outOfOrder: findInversions(acknowledged, found, scope),
    strange,
  };
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
