import Stripe from 'stripe';
import type { RejectionCode } from '../../../src/core/rejection.js';
import { digest, event, mark, seconds, secrets, sign } from './stripe.js';

const zeros = '0'.repeat(64);
export const body = event();

type Headers = { readonly [name: string]: string | string[] | undefined };

/** A request to the gateway of `runStripe`. */
export interface Case {
  readonly what: string;
  /** Default: a good event. */
  readonly body?: string | Buffer | null;
  /** Beside a content type and a good signature. */
  readonly headers?: Headers;
  readonly path?: string;
  readonly method?: string;
}

function signature(value: string | string[] | undefined): { readonly headers: Headers } {
  return { headers: { 'stripe-signature': value } };
}

/** They get to their topic. */
export const accepted: readonly (Case & { readonly secret?: string; readonly topic?: string })[] = [
  { what: 'a good event' },
  { what: 'a signature that is 300 s old', ...signature(sign(body, seconds - 300)) },
  { what: 'a signature from 60 s ahead', ...signature(sign(body, seconds + 60)) },
  { what: 'two v1, the second good', ...signature(`t=${seconds},v1=${zeros},v1=${digest(body)}`) },
  { what: 'a v0 beside the good v1', ...signature(`${sign(body)},v0=${zeros}`) },
  {
    what: "what Stripe's own package signs",
    ...signature(
      Stripe.webhooks.generateTestHeaderString({ payload: body, secret: secrets.current, timestamp: seconds }),
    ),
  },
  { what: 'the current secret during rotation', path: '/rotating', secret: 'current' },
  {
    what: 'the previous secret during rotation',
    path: '/rotating',
    ...signature(sign(body, seconds, secrets.previous)),
    secret: 'previous',
  },
  {
    what: 'a signature of each secret, as Stripe sends during rotation',
    path: '/rotating',
    ...signature(`${sign(body, seconds, secrets.previous)},v1=${digest(body)}`),
    secret: 'current',
  },
  { what: 'duplicate keys: the last counts, the bytes stay', body: body.replace('{', '{"id":"evt_0",') },
  { what: 'white space around the JSON', body: ` \r\n${body}\n\t` },
  { what: 'numbers beyond 2^53', body: body.replace('"ch_1"', '"ch_1","amount":9007199254740993.10') },
  {
    what: 'a nesting of 100,000 levels',
    body: body.replace('"ch_1"', `"ch_1","deep":${'['.repeat(1e5)}${']'.repeat(1e5)}`),
  },
  {
    what: '__proto__ and constructor keys',
    body: body.replace('{', '{"__proto__":{"type":"x","isAdmin":true},"constructor":{"prototype":{}},'),
  },
  { what: 'lone surrogates', body: body.replace('evt_1', 'evt_\\ud800') },
  {
    what: 'a type that the plugin has never heard of',
    body: event({ type: 'future.thing' }),
    topic: 'webhooks.stripe.other',
  },
  { what: 'no content type', headers: { 'content-type': undefined } },
  { what: 'a content type with parameters', headers: { 'content-type': 'Application/JSON; charset=utf-8' } },
];

/** 401. */
export const unproven: readonly (Case & { readonly reason: RejectionCode })[] = [
  { what: 'no signature', ...signature(undefined), reason: 'signature_missing' },
  { what: 'an empty signature', ...signature(''), reason: 'signature_missing' },
  { what: 'only a v0 signature', ...signature(`t=${seconds},v0=${digest(body)}`), reason: 'signature_missing' },
  { what: 'a wrong signature', ...signature(`t=${seconds},v1=${zeros}`), reason: 'signature_mismatch' },
  { what: 'another secret', ...signature(sign(body, seconds, 'whsec_other')), reason: 'signature_mismatch' },
  {
    what: 'another time than was signed',
    ...signature(`t=${seconds - 1},v1=${digest(body)}`),
    reason: 'signature_mismatch',
  },
  {
    what: 'a tampered body',
    body: body.replace('evt_1', 'evt_2'),
    ...signature(sign(body)),
    reason: 'signature_mismatch',
  },
  { what: 'a body with a line break more', body: `${body}\n`, ...signature(sign(body)), reason: 'signature_mismatch' },
  { what: 'garbage', ...signature('garbage'), reason: 'signature_malformed' },
  { what: 'a signature that is cut', ...signature(sign(body).slice(0, -1)), reason: 'signature_malformed' },
  { what: 'the header twice', ...signature([sign(body), sign(body)]), reason: 'signature_malformed' },
  {
    what: 'a good header after a bad one',
    ...signature([`t=1,v1=${zeros}`, sign(body)]),
    reason: 'signature_malformed',
  },
  { what: 'no time', ...signature(`v1=${digest(body)}`), reason: 'timestamp_malformed' },
  { what: 'a time in words', ...signature(sign(body, 'now')), reason: 'timestamp_malformed' },
  { what: 'a signature that is 301 s old', ...signature(sign(body, seconds - 301)), reason: 'timestamp_stale' },
  { what: 'a signature from 61 s ahead', ...signature(sign(body, seconds + 61)), reason: 'timestamp_future' },
  {
    what: 'a secret that has expired',
    path: '/rotating',
    ...signature(sign(body, seconds, secrets.expired)),
    reason: 'secret_inactive',
  },
  {
    what: 'a secret of another endpoint',
    ...signature(sign(body, seconds, secrets.previous)),
    reason: 'signature_mismatch',
  },
  { what: 'no body', body: null, ...signature(sign(body)), reason: 'signature_mismatch' },
];

/** Authentic: dead letters. */
export const unusable: readonly (Case & { readonly reason: RejectionCode })[] = [
  { what: 'no body, signed', body: null, reason: 'payload_malformed' },
  { what: 'no JSON', body: `payment of ${mark}`, reason: 'payload_malformed' },
  { what: 'cut JSON', body: body.slice(0, -1), reason: 'payload_malformed' },
  { what: 'JSON after JSON', body: body + body, reason: 'payload_malformed' },
  { what: 'a byte order mark', body: `\uFEFF${body}`, reason: 'payload_malformed' },
  { what: 'UTF-16', body: Buffer.from(body, 'utf16le'), reason: 'payload_malformed' },
  {
    what: 'bytes that are not UTF-8',
    body: Buffer.from(body.replace('ch_1', 'ch_\xe9'), 'latin1'),
    reason: 'payload_not_utf8',
  },
  { what: '100,000 brackets', body: '['.repeat(1e5), reason: 'payload_malformed' },
  { what: '100,000 levels of arrays', body: '['.repeat(1e5) + ']'.repeat(1e5), reason: 'schema_none' },
  { what: '40,000 levels of objects', body: '{"a":'.repeat(4e4) + 1 + '}'.repeat(4e4), reason: 'schema_violation' },
  { what: 'null', body: 'null', reason: 'schema_violation' },
  { what: 'an array of events', body: `[${body}]`, reason: 'schema_violation' },
  { what: 'no id', body: event({ id: undefined }), reason: 'schema_violation' },
  { what: 'an id that is not a text', body: event({ id: { mark } }), reason: 'schema_violation' },
  {
    what: 'an id that only a prototype has',
    body: event({ id: undefined }).replace('{', '{"__proto__":{"id":"evt_1"},'),
    reason: 'schema_violation',
  },
  { what: 'a type without a route', path: '/narrow', body: event({ type: 'payout.paid' }), reason: 'route_none' },
  {
    what: 'a payload that a rule fails on',
    path: '/throwing',
    body: body.replace('"n":"1"', `"n":"${mark}x"`),
    reason: 'rule_failed',
  },
];
