import type { CustomAnswer, Delivery, Endpoint, Placement, Spooled } from '../../core/model.js';
import { statusOfDelivery, statusOfEvent } from '../../core/outcome.js';
import type { Accepted } from '../../core/persist.js';
import type { Outcome } from '../../core/pipeline.js';
import type { Rejection } from '../../core/rejection.js';

/** Seconds that a provider is asked to wait before it sends again. */
const retryAfter = '5';

export interface Answer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** What the provider gets for a delivery that came to an end: its events, where they lie, or that nothing was taken. */
export function answerOutcome(endpoint: Endpoint, delivery: Delivery, outcome: Outcome): Answer {
  const { accepted, rejected, letter, handshake } = outcome;
  if (handshake !== undefined) return custom(handshake);
  const [rejection] = rejected;
  if (accepted.length === 0 && rejection !== undefined) {
    if (rejection.status !== 200) return answerRejection(rejection, endpoint.provider.answersEmpty);
    if (endpoint.rejected === 'refuse')
      return json(422, { status: 'dead_lettered', reason: rejection.code, ...place(letter) });
  }
  const own = endpoint.provider.answer?.(delivery, endpoint.surroundings);
  if (own !== undefined) return custom(own);
  if (endpoint.provider.items !== undefined) return json(200, batch(outcome));
  const [only] = accepted;
  if (only === undefined) return json(200, { status: 'dead_lettered', reason: rejection?.code, ...place(letter) });
  return { status: 200, headers: jsonHeaders, body: JSON.stringify(accept(only)) };
}

/** It may hold what a caller sent. */
function custom({ status, type, body }: CustomAnswer): Answer {
  return { status, headers: { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' }, body };
}

/** A caller that is not proven learns nothing but the status. `empty`: its provider takes no answer with a body. */
export function answerRejection(rejection: Rejection, empty = false): Answer {
  const { status } = rejection;
  if (status === 401 && empty) return { status, headers: {}, body: '' };
  if (status === 401) return json(status, { status: 'rejected', error: 'unauthorized' });
  const extra: { [name: string]: string } = {};
  if (status === 503 || status === 429) extra['Retry-After'] = retryAfter;
  if (status === 405) extra.Allow = 'POST';
  return json(status, { status: status === 503 ? 'unavailable' : 'rejected', error: rejection.code }, extra);
}

function batch({ accepted, rejected, letter }: Outcome): object {
  const dead = rejected.map(({ code, item }) => ({ status: 'dead_lettered', reason: code, item, ...place(letter) }));
  return { status: statusOfDelivery({ accepted, rejected }), events: [...accepted.map(accept), ...dead] };
}

/** One literal for each shape: this is done for every webhook. */
function accept(accepted: Accepted): object {
  const { event, placement } = accepted;
  const { id, type } = event;
  const { topic } = placement;
  const status = statusOfEvent(accepted);
  if ('spooled' in placement) {
    return { status, event_id: id, event_type: type, kafka_topic: topic };
  }
  return {
    status,
    event_id: id,
    event_type: type,
    kafka_topic: topic,
    kafka_partition: placement.partition,
    kafka_offset: Number(placement.offset),
  };
}

/** Offsets above 2^53 can't be JSON numbers; nobody has that many webhooks. */
function place(placement: Placement | Spooled | undefined): object {
  if (placement === undefined) return {};
  if ('spooled' in placement) return { kafka_topic: placement.topic };
  return { kafka_topic: placement.topic, kafka_partition: placement.partition, kafka_offset: Number(placement.offset) };
}

const jsonHeaders = { 'Content-Type': 'application/json' };

function json(status: number, value: object, headers: { readonly [name: string]: string } = {}): Answer {
  return { status, headers: { ...jsonHeaders, ...headers }, body: JSON.stringify(value) };
}
