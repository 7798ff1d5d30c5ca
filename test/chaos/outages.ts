import { percentile } from '../../src/testing/simulator/tally.js';
import type { Found } from './judge.js';
import { findAcknowledgement, type SentEvent } from './ledger.js';
import type { Outage, Scene } from './scene.js';

/** Milliseconds. Until then the gateway has found out, and every record goes to the spool. */
const findingOut = 4_000;
/** What Kafka's return may take to be noticed. */
const noticeLimit = 2_000;

/**
 * The longest time from Kafka taking writes again to the first record of a topic that was spooled in the outage. Says each.
 * Null if there was no outage.
 */
export function measureReturns({ outages, sender, say }: Scene, records: readonly Found[]): number | null {
  const foundAt = new Map(records.map(({ id, at }) => [id, at]));
  let longest: number | null = null;
  for (const outage of outages) {
    const times = [...firstOfTopics(outage, sender.events, foundAt)].map(([topic, at]) => ({
      topic,
      took: Math.max(0, at - outage.writableAt),
    }));
    if (times.length === 0) continue;
    const took = Math.max(...times.map((each) => each.took));
    longest = Math.max(longest ?? 0, took);
    const late = took > noticeLimit ? 'LATE: ' : '';
    const each = times.map((time) => `${time.topic} ${time.took}`).join(', ');
    say(`${late}Kafka's return (${describe(outage)}) was noticed after, ms: ${each}`);
  }
  return longest;
}

function firstOfTopics(
  { begin, end }: Outage,
  events: readonly SentEvent[],
  foundAt: ReadonlyMap<string, number>,
): Map<string, number> {
  const first = new Map<string, number>();
  for (const event of events) {
    const taken = findAcknowledgement(event);
    const at = foundAt.get(event.id);
    if (at === undefined || taken === undefined) continue;
    if (taken.startedAt < begin + findingOut || taken.endedAt > end) continue;
    first.set(event.topic, Math.min(first.get(event.topic) ?? at, at));
  }
  return first;
}

/** The 99th percentile of the time from due to acknowledged, once the gateway has found out. Null if no outage was so long. */
export function measureOutages({ outages, sender }: Scene): number | null {
  const calm = outages.filter(({ meanwhile }) => meanwhile === 'nothing');
  const times = sender.events
    .filter(({ dueAt }) => calm.some(({ begin, end }) => dueAt >= begin + findingOut && dueAt < end))
    .map((event) => (findAcknowledgement(event)?.endedAt ?? Number.POSITIVE_INFINITY) - event.dueAt)
    .sort((one, other) => one - other);
  return percentile(times, 99) ?? null;
}

function describe({ how, meanwhile, begin, end }: Outage): string {
  return `${how}, ${Math.round((end - begin) / 1000)} s, meanwhile ${meanwhile}`;
}
