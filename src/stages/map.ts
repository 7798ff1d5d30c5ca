import { createHash } from 'node:crypto';
import {
  type Bindings,
  type Delivery,
  type Endpoint,
  type KafkaRecord,
  type Route,
  RuleError,
  type VerifiedDelivery,
  type WebhookEvent,
} from '../model.js';
import { Rejection } from '../rejection.js';
import { holds } from './condition.js';

/** Decides topic and key by the first route that matches, and writes the record: the event's bytes, facts as headers. */
export async function map(
  endpoint: Endpoint,
  delivery: VerifiedDelivery,
  event: WebhookEvent,
  bindings: Bindings,
): Promise<KafkaRecord> {
  try {
    const route = await findRoute(endpoint.routes, event, bindings);
    const key = await partitionKey(route, event, bindings);
    return { topic: route.topic, key, headers: headers(endpoint, delivery, event), value: event.item.bytes };
  } catch (error) {
    if (error instanceof RuleError) throw new Rejection('rule_failed', { detail: `${error.source}: ${error.message}` });
    throw error;
  }
}

async function findRoute(routes: readonly Route[], event: WebhookEvent, bindings: Bindings): Promise<Route> {
  for (const route of routes) {
    if (!route.matches(event.type)) continue;
    if (route.when === undefined || holds(await route.when.evaluate(event.item.value, bindings))) return route;
  }
  throw new Rejection('route_none', { detail: event.type });
}

/** Where a route has no key, or its rule finds nothing in this event, the subject keeps the order, else the id. */
async function partitionKey(route: Route, event: WebhookEvent, bindings: Bindings): Promise<string> {
  const key = await route.key?.evaluate(event.item.value, bindings);
  if (key === undefined || key === null || key === '') return event.subject ?? event.id;
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'boolean') return String(key);
  throw new Rejection('rule_failed', {
    detail: `the key of ${route.declaredAt} gives ${Array.isArray(key) ? 'an array' : 'an object'}`,
  });
}

/**
 * CloudEvents 1.0 in Kafka's binary content mode
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md), with extensions.
 */
function headers(endpoint: Endpoint, delivery: VerifiedDelivery, event: WebhookEvent): KafkaRecord['headers'] {
  return {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_type: event.type,
    ce_source: endpoint.path,
    ...(event.time === undefined ? {} : { ce_time: event.time }),
    ...(event.subject === undefined ? {} : { ce_subject: event.subject }),
    'content-type': contentType(delivery),
    ce_endpoint: endpoint.name,
    ...(event.livemode === undefined ? {} : { ce_livemode: String(event.livemode) }),
    ...(event.account === undefined ? {} : { ce_account: event.account }),
    ce_secretname: delivery.proof.secret,
    ...deliveryHeaders(delivery, event.item.bytes),
  };
}

/** The headers that records and dead letters have in common. */
export function deliveryHeaders(delivery: Delivery, value: Buffer): KafkaRecord['headers'] {
  const traceparent = delivery.headers.traceparent?.[0];
  return {
    ce_deliveryid: delivery.id,
    ce_receivedtime: new Date(delivery.receivedAt).toISOString(),
    // In the form of RFC 9530.
    ce_digest: `sha-256=:${createHash('sha256').update(value).digest('base64')}:`,
    ...(traceparent !== undefined && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(traceparent)
      ? { traceparent }
      : {}),
  };
}

export function contentType(delivery: Delivery): string {
  return delivery.headers['content-type']?.[0] ?? 'application/octet-stream';
}
