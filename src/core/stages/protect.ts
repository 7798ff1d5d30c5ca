import { textOf } from '../../util/json/number.js';
import { withExactNumbers } from '../../util/json/parse.js';
import type {
  Endpoint,
  Item,
  KafkaRecord,
  Protected,
  ProtectedBody,
  Protection,
  VerifiedDelivery,
  WebhookEvent,
} from '../model.js';
import { Rejection } from '../rejection.js';
import { bind, createItem, decode } from './items.js';
import { contentType, map } from './map.js';
import { describe, digestOf, withHeaders } from './protected-headers.js';

/** An event's record, as it may be written. */
export interface ProtectedEvent {
  readonly event: WebhookEvent;
  readonly record: KafkaRecord;
  readonly found: Protected;
}

const hidden = '****';

/**
 * Takes out of an event's record what the endpoint protects: in its value, and in key and headers what was made of it. Throws a
 * Rejection `card_number_found` where such events are parked. `now` in milliseconds since the epoch.
 */
export async function protectEvent(
  endpoint: Endpoint,
  protection: Protection,
  delivery: VerifiedDelivery,
  item: Item,
  { event, record }: Pick<ProtectedEvent, 'event' | 'record'>,
  now: number,
): Promise<ProtectedEvent> {
  const type = contentType(delivery);
  const body = protection.protect(item.bytes, 'event', type);
  if (protection.panGuard === 'park' && body.cards > 0) {
    throw new Rejection('card_number_found', { detail: body.names.length === 0 ? '' : `in ${body.names.join(', ')}` });
  }
  const shownType = protection.text(type);
  if (body.bytes === item.bytes) {
    if (shownType === type) return { event, record, found: body };
    return { event, record: withHeaders(record, { 'content-type': shownType }), found: body };
  }
  const given = { endpoint, protection, delivery, item, body, now };
  return rewrite(given, event, record, shownType);
}

interface Given {
  readonly endpoint: Endpoint;
  readonly protection: Protection;
  readonly delivery: VerifiedDelivery;
  readonly item: Item;
  readonly body: ProtectedBody;
  readonly now: number;
}

async function rewrite(
  given: Given,
  event: WebhookEvent,
  record: KafkaRecord,
  shownType: string,
): Promise<ProtectedEvent> {
  const { protection, item, body } = given;
  const shownItem = readItem(given);
  const shown = await showFacts(given, event, shownItem);
  const key = await showKey(given, shown, shownItem, record);
  const derived = [
    ...(['id', 'type', 'time', 'subject', 'account', 'livemode'] as const)
      .filter((name) => shown[name] !== event[name])
      .map((name) => `ce_${name}`),
    ...(key === record.key ? [] : ['key']),
  ];
  const headers = withHeaders(record, {
    'content-type': shownType,
    ce_id: shown.id,
    ce_type: shown.type,
    ce_time: shown.time,
    ce_subject: shown.subject,
    ce_account: shown.account,
    ce_livemode: shown.livemode === undefined ? undefined : String(shown.livemode),
    ce_digest: digestOf(protection, item.bytes, body.bytes),
    ce_protected: describe(protection, body, derived),
  });
  return { event: shown, record: { ...headers, key, value: body.bytes }, found: body };
}

/** The item as it is shown; undefined where nothing can be read of it any more. */
function readItem({ endpoint, delivery, item, body, now }: Given): Item | undefined {
  try {
    if (endpoint.provider.items === undefined) {
      const { value, exact } = decode(endpoint, { ...delivery, body: body.bytes }, now);
      return createItem(item, value, body.bytes, exact);
    }
    const text = body.bytes.toString();
    const value: unknown = JSON.parse(text);
    return createItem(item, value, body.bytes, () => withExactNumbers(text, value));
  } catch {
    return undefined;
  }
}

/**
 * The event with what its rules make of the item as it is shown. Where that differs, a fact was made of what is protected: its token
 * stands in its place, or without a key what the rule gives now; a time or a mode is left out.
 */
async function showFacts(
  { endpoint, protection, delivery }: Given,
  event: WebhookEvent,
  item: Item | undefined,
): Promise<WebhookEvent> {
  const { event: rules } = endpoint.provider;
  const bindings = item && bind(endpoint, delivery, item);
  const evaluate = async (name: keyof typeof rules): Promise<unknown> => {
    if (item === undefined || bindings === undefined) return undefined;
    try {
      return await rules[name]?.evaluate(item.value, bindings);
    } catch {
      return undefined;
    }
  };
  const text = async <Text extends string | undefined>(name: 'id' | 'type' | 'subject' | 'account', original: Text) =>
    original === undefined ? original : show(protection, original, textOf(await evaluate(name)));
  const { item: place, livemode, time } = event;
  const [id, type] = [await text('id', event.id), await text('type', event.type)];
  const [subject, account] = [await text('subject', event.subject), await text('account', event.account)];
  return {
    id,
    type,
    item: place,
    ...(time !== undefined && (await evaluate('time')) === time && { time }),
    ...(subject !== undefined && { subject }),
    ...(livemode !== undefined && (await evaluate('livemode')) === livemode && { livemode }),
    ...(account !== undefined && { account }),
  };
}

function show(protection: Protection, original: string, now: string | undefined): string {
  if (now === original) return original;
  return protection.token?.(original) ?? now ?? hidden;
}

async function showKey(
  { endpoint, protection, delivery }: Given,
  shown: WebhookEvent,
  item: Item | undefined,
  { key }: KafkaRecord,
): Promise<string> {
  if (item === undefined) return show(protection, key, undefined);
  try {
    const { record } = await map(endpoint, delivery, shown, item, bind(endpoint, delivery, item));
    return show(protection, key, record.key);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return show(protection, key, undefined);
  }
}
