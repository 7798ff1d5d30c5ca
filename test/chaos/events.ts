import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Stripe from 'stripe';

export const secret = 'whsec_chaos_4jTq8LwZ0b';
/** Where events without a usable payload go. */
const deadLetters = 'webhooks.dlq';
const { webhooks } = new Stripe('sk_test_chaos');
const kinds = [
  { type: 'payment_intent.succeeded', keyField: 'id', topic: 'webhooks.stripe.payment_intent' },
  { type: 'charge.succeeded', keyField: 'payment_intent', topic: 'webhooks.stripe.charge' },
  { type: 'refund.created', keyField: 'charge', topic: 'webhooks.stripe.refund' },
  { type: 'payout.paid', keyField: 'id', topic: 'webhooks.stripe.other' },
].map(({ type, ...rest }) => {
  const file = new URL(`../../plugins/stripe/examples/${type}.json`, import.meta.url);
  const { payload } = JSON.parse(readFileSync(file, 'utf8'));
  return { payload, ...rest };
});
/** Where the Stripe plugin sends what is made here, dead letters aside. */
export const eventTopics = kinds.map(({ topic }) => topic);
export const topics = [deadLetters, ...eventTopics];
/** The one that is deleted now and then. */
export const doomedTopic = 'webhooks.stripe.other';

export interface EventBody {
  readonly id: string;
  readonly body: string;
  /** SHA-256 of the body. */
  readonly digest: string;
  /** Where its record belongs. */
  readonly topic: string;
}

/** The next event of a key: always of the same topic, with a number that grows. Now and then one is a dead letter. */
export function makeEvent(key: string, keyNumber: number, seq: number): EventBody {
  const kind = kinds[keyNumber % kinds.length];
  if (kind === undefined) throw new RangeError('there are kinds of events');
  const id = `evt_${randomUUID().replaceAll('-', '')}`;
  const { payload, keyField, topic } = kind;
  const object = { ...payload.data.object, [keyField]: key, metadata: { key, seq } };
  const created = Math.floor(Date.now() / 1000);
  const unusable = (seq + keyNumber) % 50 === 0;
  const body = JSON.stringify({ ...payload, id, created, data: unusable ? null : { object } });
  return { id, body, digest: digestOf(body), topic: unusable ? deadLetters : topic };
}

export function digestOf(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/** What Stripe sends with it, signed by Stripe's own code. `skew`: seconds by which the sender's clock is ahead. */
export function signEvent(body: string, skew: number): { readonly [name: string]: string } {
  const timestamp = Math.floor(Date.now() / 1000) + skew;
  const signature = webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
  return { 'content-type': 'application/json', 'stripe-signature': signature };
}
