import { textOf } from '../../util/json/number.js';
import { type Bindings, type Endpoint, type Item, RuleError, type WebhookEvent } from '../model.js';
import { Rejection } from '../rejection.js';

/** RFC 3339, section 5.6. */
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/**
 * Reads what an item says of itself, by the provider's `event` rules. Id and type must be there. Of the others, what is
 * absent, null or of the wrong form is left out: a payment isn't held up by a bad attribute. A promise only where a rule
 * can't be decided at once.
 */
export function identify(endpoint: Endpoint, item: Item, bindings: Bindings): WebhookEvent | Promise<WebhookEvent> {
  const { id, type, time, subject, livemode, account } = endpoint.provider.event;
  const values = [id, type, time, subject, livemode, account].map((rule) => rule?.evaluate(item.value, bindings));
  if (!values.some((value) => value instanceof Promise)) return toEvent(endpoint, item, values);
  return Promise.all(values).then((settled) => toEvent(endpoint, item, settled), reject);
}

function toEvent(endpoint: Endpoint, item: Item, values: readonly unknown[]): WebhookEvent {
  const [id, type, time, subject, livemode, account] = values;
  const { index, pointer } = item;
  const event: Writable<WebhookEvent> = { id: textOf(id) ?? '', type: textOf(type) ?? '', item: { index, pointer } };
  if (!event.id || !event.type) throw new Rejection('event_unidentified', { detail: event.id ? 'no type' : 'no id' });
  if (typeof livemode === 'boolean') {
    if (endpoint.livemode !== 'any' && livemode !== endpoint.livemode) {
      throw new Rejection('livemode_mismatch', { detail: `the event says livemode ${livemode}` });
    }
    event.livemode = livemode;
  }
  if (typeof time === 'string' && dateTime.test(time)) event.time = time;
  const about = textOf(subject);
  if (about) event.subject = about;
  const owner = textOf(account);
  if (owner) event.account = owner;
  return event;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function reject(error: unknown): never {
  throw error instanceof RuleError ? new Rejection('event_unidentified', { detail: error.message }) : error;
}
