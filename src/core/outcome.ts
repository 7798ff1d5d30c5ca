import type { DeliveryOutcome } from '../inspector/contract.js';
import type { Accepted } from './persist.js';
import type { Outcome } from './pipeline.js';
import type { Rejection } from './rejection.js';

/** In the order in which they are told. */
export const deliveryOutcomes: readonly DeliveryOutcome[] = [
  'accepted',
  'spooled',
  'duplicate',
  'dead_lettered',
  'unproven',
  'handshake',
  'refused',
  'unavailable',
  'error',
];

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

/** Of a delivery that came to an end. */
export function outcomeOf({ accepted, rejected, handshake }: Outcome): DeliveryOutcome {
  if (handshake !== undefined) return 'handshake';
  if (accepted.length === 0 && rejected[0]?.stage === 'verify') return 'unproven';
  return statusOfDelivery({ accepted, rejected });
}

/** Of a request that was not taken. */
export function outcomeOfRefusal({ status }: Pick<Rejection, 'status'>): DeliveryOutcome {
  return status === 503 ? 'unavailable' : 'refused';
}
