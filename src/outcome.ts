import type { Outcome } from './pipeline.js';
import type { Accepted } from './safekeeping.js';

/** What became of one event, or of the delivery that it came in. */
export type EventStatus = 'accepted' | 'spooled' | 'duplicate' | 'dead_lettered';

export function statusOfEvent({ placement, duplicate }: Accepted): EventStatus {
  if (duplicate) return 'duplicate';
  return 'spooled' in placement ? 'spooled' : 'accepted';
}

/** Of a batch: `duplicate` only if every event is one, `spooled` if a new one is. An empty batch is accepted. */
export function statusOfDelivery({ accepted, rejected }: Pick<Outcome, 'accepted' | 'rejected'>): EventStatus {
  const [first] = accepted;
  if (first === undefined) return rejected.length > 0 ? 'dead_lettered' : 'accepted';
  if (accepted.length === 1) return statusOfEvent(first);
  const statuses = accepted.map(statusOfEvent);
  if (statuses.includes('spooled')) return 'spooled';
  return statuses.includes('accepted') ? 'accepted' : 'duplicate';
}
