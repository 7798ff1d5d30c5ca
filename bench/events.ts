import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

export const secret = 'whsec_c2VjcmV0IGZvciB0aGUgYmVuY2htYXJr';
export const path = '/webhooks/stripe';
/** Where the events below go, as the plugin's routes say. */
export const topics = ['webhooks.stripe.payment_intent', 'webhooks.stripe.charge'];
const types = ['payment_intent.succeeded', 'charge.succeeded', 'charge.refunded'];
const examples = new URL('../plugins/stripe/examples/', import.meta.url);

/** Writes its next request, another event each time, to a buffer of its own: valid until the next call. */
export type NextRequest = () => Buffer;

/** Bytes of an id after its prefix: enough for all runs of a benchmark. */
const idLength = 24;
let ids = 0;
const run = process.pid.toString(36).padStart(5, '0') + Date.now().toString(36).padStart(9, '0');

/** Ids of Stripe's length, none of them twice, whoever else makes some at the time. */
function nextId(): string {
  return run + (ids++).toString(36).padStart(idLength - run.length, '0');
}

/**
 * A sender's own stock of signed events of some 3 KB, of the three types in turn, to the paths in turn. Signing is the only work
 * for each: the ids and the signature are written over those of the last one.
 */
export function createRequests(host: string, targets: readonly string[] = [path]): NextRequest {
  const writers = targets.flatMap((target) => types.map((type) => createWriter(type, host, target)));
  let turn = 0;
  return () => {
    turn = (turn + 1) % writers.length;
    const writer = writers[turn];
    if (writer === undefined) throw new Error('no event types');
    return writer();
  };
}

function createWriter(type: string, host: string, target: string): NextRequest {
  const marker = '~'.repeat(idLength);
  const example: { payload: Payload } = JSON.parse(readFileSync(new URL(`${type}.json`, examples), 'utf8'));
  const { payload } = example;
  const object: { [name: string]: unknown } = { ...payload.data.object, id: `pi_${marker}` };
  if ('payment_intent' in object) object.payment_intent = `pi_${marker}`;
  const body = JSON.stringify({ ...payload, id: `evt_${marker}`, data: { ...payload.data, object } });
  const blank = `t=0000000000,v1=${'0'.repeat(64)}`;
  const head = [
    `POST ${target} HTTP/1.1`,
    `host: ${host}`,
    'user-agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    'accept: */*; q=0.5, application/xml',
    'cache-control: no-cache',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `stripe-signature: ${blank}`,
    '',
    '',
  ].join('\r\n');
  const request = Buffer.from(head + body);
  const signatureAt = request.indexOf(blank);
  const bytes = request.subarray(head.length);
  const places = findAll(bytes, marker);
  return () => {
    const id = nextId();
    for (const place of places) bytes.write(id, place, 'latin1');
    const time = String(Math.floor(Date.now() / 1000));
    const digest = createHmac('sha256', secret).update(`${time}.`).update(bytes).digest('hex');
    request.write(`t=${time},v1=${digest}`, signatureAt, 'latin1');
    return request;
  };
}

interface Payload {
  readonly data: { readonly object: { readonly [name: string]: unknown } };
}

function findAll(bytes: Buffer, marker: string): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 1)) places.push(at);
  return places;
}
