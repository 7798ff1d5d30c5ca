import type { Placement, Spooled } from '../core/model.js';
import { statusOfEvent } from '../core/outcome.js';
import type { Outcome } from '../core/pipeline.js';
import type { DeliveryEnd } from '../server/http/observer.js';
import { eventMarks, longestText, mostEvents, writeEvent, writeHead, writeRejected } from './row-text.js';

const nothing: Outcome = { accepted: [], rejected: [] };

/** The texts of a row, as `readTexts` reads them. `more`: events that are not in it. */
export function writeTexts({ delivery, outcome, path, client, endpoint }: DeliveryEnd): {
  readonly text: string;
  readonly more: number;
} {
  const { letter, accepted, rejected } = outcome ?? nothing;
  let text = writeHead(
    delivery?.id ?? '',
    client,
    outcome?.secret ?? '',
    endpoint === undefined ? path : '',
    letter?.topic ?? '',
    letter === undefined ? '' : placeOf(letter),
  );
  let listed = 0;
  for (const one of accepted) {
    if (listed === mostEvents || text.length > longestText) break;
    const { event, placement, key } = one;
    text += writeEvent(eventMarks[statusOfEvent(one)], event.id, event.type, placement.topic, placeOf(placement), key);
    listed++;
  }
  // What stopped the whole delivery is the reason of the row.
  const parts = accepted.length === 0 && rejected.length === 1 && rejected[0]?.item === undefined ? [] : rejected;
  for (const { code, item = '' } of parts) {
    if (listed === mostEvents || text.length > longestText) break;
    text += writeRejected(code, item);
    listed++;
  }
  return { text, more: accepted.length + parts.length - listed };
}

/** `partition@offset`, or '' while it is in the spool. */
function placeOf(placement: Placement | Spooled): string {
  return 'spooled' in placement ? '' : `${placement.partition}@${placement.offset}`;
}
