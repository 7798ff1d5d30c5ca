import { createHmac, randomUUID } from 'node:crypto';
import type { Delivery, Endpoint, KafkaRecord } from '../../src/core/model.js';
import { Rejection } from '../../src/core/rejection.js';
import { deadLetter } from '../../src/core/stages/dead-letter.js';
import { verify } from '../../src/core/stages/verify.js';

export const secret = 'whsec_cmVwbGF5cyBhcmUgcHJvdmVu';

/** Why a letter is one, and what a replay has to make of it. */
export type Kind = 'good' | 'twin' | 'unproven' | 'forged' | 'invalid';

export interface MadeLetter {
  readonly kind: Kind;
  readonly event: string;
  readonly record: KafkaRecord;
}

/** Of 100 letters: 96 good ones, the same event once more, one that only a wrong configuration refused, a forgery, an invalid payload. */
export function kindOf(index: number): Kind {
  return ({ 20: 'twin', 40: 'unproven', 60: 'forged', 80: 'invalid' } as const)[index % 100] ?? 'good';
}

/** A delivery of Stripe, `index` milliseconds after two days ago, as the gateway would have written it. */
export function makeLetter(
  topic: string,
  endpoint: Endpoint,
  index: number,
  start: number,
  padding = 2_500,
): MadeLetter {
  const kind = kindOf(index);
  const event = `evt_${kind === 'twin' ? index - 1 : index}`;
  const delivery = makeDelivery(event, kind, start + index, padding);
  if (kind === 'unproven' || kind === 'forged') {
    const rejection = new Rejection('signature_mismatch');
    return { kind, event, record: deadLetter(topic, endpoint, delivery, [rejection]) };
  }
  const rejection = new Rejection('route_none', { detail: 'charge.refunded' });
  return {
    kind,
    event,
    record: deadLetter(topic, endpoint, verify(endpoint, delivery, delivery.receivedAt), [rejection]),
  };
}

function makeDelivery(event: string, kind: Kind, receivedAt: number, padding: number): Delivery {
  const common = { object: 'event', livemode: true, pending_webhooks: 1 };
  const created = kind === 'invalid' ? 'yesterday' : 1_700_000_000;
  const charge = { id: `ch_${event.length}${event.at(-1)}`, object: 'charge', description: 'x'.repeat(padding) };
  const body = Buffer.from(
    JSON.stringify({ id: event, type: 'charge.refunded', created, ...common, data: { object: charge } }),
  );
  const seconds = Math.floor(receivedAt / 1000);
  const key = kind === 'forged' ? 'whsec_another' : secret;
  const digest = createHmac('sha256', key).update(`${seconds}.`).update(body).digest('hex');
  return {
    id: randomUUID(),
    receivedAt,
    method: 'POST',
    target: '/webhooks/stripe',
    body,
    headers: { 'content-type': ['application/json'], 'stripe-signature': [`t=${seconds},v1=${digest}`] },
  };
}
