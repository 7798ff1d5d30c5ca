import { createTimeFormatter } from '../../util/iso-time.js';
import { isNumeric } from '../../util/json/number.js';
import {
  type Bindings,
  type Delivery,
  type Endpoint,
  type Item,
  type KafkaRecord,
  type Route,
  RuleError,
  type VerifiedDelivery,
  type WebhookEvent,
} from '../model.js';
import { Rejection } from '../rejection.js';
import type { Trace } from '../trace.js';
import { findFirst } from './condition.js';
import { findObjectId } from './object-id.js';

/** The record of an event, and the route that it took. */
export interface Mapping {
  readonly record: KafkaRecord;
  readonly route: Route;
}

/** Decides topic and key by the first route that matches, and writes the record: the event's bytes, facts as headers. */
export async function map(
  endpoint: Endpoint,
  delivery: VerifiedDelivery,
  event: WebhookEvent,
  item: Item,
  bindings: Bindings,
  trace?: Trace,
): Promise<Mapping> {
  try {
    const found = findFirst(routesFor(endpoint.routes, event.type), item.value, bindings, trace);
    const route = found instanceof Promise ? await found : found;
    if (route === undefined) throw new Rejection('route_none', { detail: event.type });
    const key = route.key?.evaluate(item.value, bindings);
    if (route.key !== undefined) trace?.key?.(route, key);
    return write(endpoint, delivery, event, item, route, key instanceof Promise ? await key : key);
  } catch (error) {
    if (error instanceof RuleError) throw new Rejection('rule_failed', { detail: `${error.source}: ${error.message}` });
    throw error;
  }
}

/** Event types that are remembered for each list of routes: a provider has some hundreds. */
const mostTypes = 1_000;
const decided = new WeakMap<readonly Route[], Map<string, readonly Route[]>>();

/** The routes whose patterns the type fits; found once for each type. */
function routesFor(routes: readonly Route[], type: string): readonly Route[] {
  let byType = decided.get(routes);
  if (byType === undefined || byType.size > mostTypes) {
    byType = new Map();
    decided.set(routes, byType);
  }
  let fitting = byType.get(type);
  if (fitting === undefined) {
    fitting = routes.filter((route) => route.matches(type));
    byType.set(type, fitting);
  }
  return fitting;
}

function write(
  endpoint: Endpoint,
  delivery: VerifiedDelivery,
  event: WebhookEvent,
  item: Item,
  route: Route,
  key: unknown,
): Mapping {
  const record = {
    topic: route.topic,
    key: partitionKey(route, event, key, item),
    headers: headers(endpoint, delivery, event, item),
    value: item.bytes,
  };
  return { record, route };
}

/** Where a route has no key, or its rule finds nothing in this event, the subject keeps the order, else an object that the payload names. */
function partitionKey(route: Route, event: WebhookEvent, key: unknown, item: Item): string {
  if (key === undefined || key === null || key === '') {
    // Only here: exact numbers are looked for when they are asked for.
    return event.subject ?? findObjectId(item.exact, event.id) ?? event.id;
  }
  if (typeof key === 'string') return key;
  if (isNumeric(key) || typeof key === 'boolean') return String(key);
  throw new Rejection('rule_failed', {
    detail: `the key of ${route.declaredAt} gives ${Array.isArray(key) ? 'an array' : 'an object'}`,
  });
}

/**
 * CloudEvents 1.0 in Kafka's binary content mode
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md), with extensions.
 */
function headers(
  endpoint: Endpoint,
  delivery: VerifiedDelivery,
  event: WebhookEvent,
  { digest }: Item,
): KafkaRecord['headers'] {
  const facts: { [name: string]: string } = {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_type: event.type,
    ce_source: endpoint.path,
  };
  if (event.time !== undefined) facts.ce_time = event.time;
  if (event.subject !== undefined) facts.ce_subject = event.subject;
  facts['content-type'] = contentType(delivery);
  facts.ce_endpoint = endpoint.name;
  if (event.livemode !== undefined) facts.ce_livemode = String(event.livemode);
  if (event.account !== undefined) facts.ce_account = event.account;
  facts.ce_secretname = delivery.proof.secret;
  addDeliveryHeaders(facts, delivery, digest);
  return facts;
}

const formatTime = createTimeFormatter();

const traceparentForm = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** Adds the headers that records and dead letters have in common. `digest`: SHA-256 of the value, base64. */
export function addDeliveryHeaders(headers: { [name: string]: string }, delivery: Delivery, digest: string): void {
  headers.ce_deliveryid = delivery.id;
  headers.ce_receivedtime = formatTime(delivery.receivedAt);
  // In the form of RFC 9530.
  headers.ce_digest = `sha-256=:${digest}:`;
  const traceparent = delivery.headers.traceparent?.[0];
  if (traceparent !== undefined && traceparentForm.test(traceparent)) headers.traceparent = traceparent;
}

export function contentType(delivery: Delivery): string {
  return delivery.headers['content-type']?.[0] ?? 'application/octet-stream';
}
