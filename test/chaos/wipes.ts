import { findAcknowledgement, type SentEvent } from './ledger.js';
import type { Crash, Wipe } from './schedule.js';

/** Milliseconds: the gateway looks after its files every second, and a busy machine may have it wait. */
const noticing = 5_000;

/**
 * Of events that are missing, those that went with the spool's folder: they were spooled before it was deleted, and the process that
 * would have written them again was killed before it can have noticed. Whatever was acknowledged afterwards must be there.
 */
export function findWiped(
  missing: readonly string[],
  events: readonly SentEvent[],
  { crashes, wipes }: { readonly crashes: readonly Crash[]; readonly wipes: readonly Wipe[] },
): ReadonlySet<string> {
  const fatal = wipes.filter((wipe) => crashes.some(({ at }) => at >= wipe.at && at <= wipe.at + noticing));
  const ids = new Set(missing);
  const wiped = events.filter((event) => ids.has(event.id) && fatal.some((wipe) => wasIn(event, wipe)));
  return new Set(wiped.map(({ id }) => id));
}

/** Whether the folder had the event. The answer for a dead letter does not say where it is: in the spool while Kafka is unavailable. */
function wasIn(event: SentEvent, { from, at }: Wipe): boolean {
  const { result, endedAt } = findAcknowledgement(event) ?? { result: '', endedAt: at };
  return endedAt <= at && (result === 'spooled' || (result === 'dead_lettered' && endedAt >= from));
}
