import { type Bindings, type Endpoint, type Item, type Rule, RuleError, type WebhookEvent } from '../model.js';
import { Rejection } from '../rejection.js';

/** RFC 3339, section 5.6. */
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/**
 * Reads what an item says of itself, by the provider's `event` rules. Id and type must be there. Of the others, what is
 * absent, null or of the wrong form is left out: a payment isn't held up by a bad attribute.
 */
export async function identify(endpoint: Endpoint, item: Item, bindings: Bindings): Promise<WebhookEvent> {
  const rules = endpoint.provider.event;
  const read = (rule: Rule | undefined) => evaluate(rule, item, bindings);
  const id = toText(await read(rules.id));
  const type = toText(await read(rules.type));
  if (!id || !type) throw new Rejection('event_unidentified', { detail: id ? 'no type' : 'no id' });
  const time = await read(rules.time);
  const subject = toText(await read(rules.subject));
  const livemode = await read(rules.livemode);
  const account = toText(await read(rules.account));
  if (typeof livemode === 'boolean' && endpoint.livemode !== 'any' && livemode !== endpoint.livemode) {
    throw new Rejection('livemode_mismatch', { detail: `the event says livemode ${livemode}` });
  }
  return {
    id,
    type,
    ...(typeof time === 'string' && dateTime.test(time) ? { time } : {}),
    ...(subject ? { subject } : {}),
    ...(typeof livemode === 'boolean' ? { livemode } : {}),
    ...(account ? { account } : {}),
    item,
  };
}

async function evaluate(rule: Rule | undefined, item: Item, bindings: Bindings): Promise<unknown> {
  try {
    return await rule?.evaluate(item.value, bindings);
  } catch (error) {
    if (error instanceof RuleError) throw new Rejection('event_unidentified', { detail: error.message });
    throw error;
  }
}

/** Providers give ids as strings or as numbers. */
function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}
