/** Whether an item is what its provider says, and which event it is. */
import { textOf } from '../../util/json/number.js';
import { type Bindings, type Endpoint, type Item, type Provider, RuleError, type WebhookEvent } from '../model.js';
import { Rejection } from '../rejection.js';
import type { Trace } from '../trace.js';
import { findFirst } from './condition.js';

/** Holds an item against the first schema of the provider that is for it. A provider without schemas takes all. */
export async function validate({ schemas }: Provider, item: Item, bindings: Bindings, trace?: Trace): Promise<void> {
  if (schemas.length === 0) return;
  const { value } = item;
  const found = findFirst(schemas, value, bindings, trace);
  const schema = found instanceof Promise ? await found.catch(failAs('schema_none')) : found;
  if (schema === undefined) throw new Rejection('schema_none');
  const first = schema.check(value);
  const errors = first.length === 0 ? first : schema.check(value, true);
  trace?.checked?.(schema, errors);
  if (first.length > 0) throw new Rejection('schema_violation', { detail: schema.name, errors });
}

/** RFC 3339, section 5.6. */
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/**
 * Reads what an item says of itself, by the provider's `event` rules. Id and type must be there. Of the others, what is
 * absent, null or of the wrong form is left out: a payment isn't held up by a bad attribute.
 */
export async function identify(
  endpoint: Endpoint,
  item: Item,
  bindings: Bindings,
  trace?: Trace,
): Promise<WebhookEvent> {
  const rules = endpoint.provider.event;
  const values = names.map((name) => rules[name]?.evaluate(item.value, bindings));
  if (trace?.fact !== undefined) {
    for (const [index, name] of names.entries()) if (rules[name] !== undefined) trace.fact(name, values[index]);
  }
  // Nearly always all of them are there at once.
  if (!values.some((value) => value instanceof Promise)) return toEvent(endpoint, item, values);
  return toEvent(endpoint, item, await Promise.all(values).catch(failAs('event_unidentified')));
}

const names = ['id', 'type', 'time', 'subject', 'livemode', 'account'] as const;

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

function failAs(code: 'schema_none' | 'event_unidentified') {
  return (error: unknown): never => {
    throw error instanceof RuleError ? new Rejection(code, { detail: error.message }) : error;
  };
}
