import { readFileSync } from 'node:fs';

const plugins = new URL('../plugins/', import.meta.url);

/** A Stripe event; with `bytes`, of about that size: a small one, or one with lines such as an invoice has. */
export function stripeEvent(bytes?: number): object {
  const { payload } = read('stripe/examples/charge.refunded.json');
  if (bytes === undefined) return payload;
  const small = { id: 'evt_1', object: 'event', type: 'charge.refunded', created: 1_700_000_000, livemode: false };
  const line = {
    id: 'il_1',
    object: 'line_item',
    amount: 2_000,
    currency: 'usd',
    description: 'a line of the invoice',
  };
  const lines = Array.from({ length: Math.max(0, Math.floor((bytes - 300) / 105)) }, () => line);
  return { ...small, api_version: '2020-08-27', data: { object: { id: 'ch_1', object: 'charge', lines } } };
}

/** So many notifications in one delivery, each signed. */
export function adyenBatch(items: number): object {
  const { payload } = read('adyen/examples/AUTHORISATION.json');
  return { ...payload, notificationItems: repeat(payload.notificationItems, items) };
}

/** A batch that is signed as a whole. */
export function gocardlessBatch(items: number): object {
  const { payload } = read('gocardless/examples/payments.confirmed.json');
  return { ...payload, events: repeat(payload.events, items) };
}

function repeat(list: readonly unknown[] = [], count: number): readonly unknown[] {
  return Array.from({ length: count }, () => list[0]);
}

interface Example {
  readonly payload: {
    readonly notificationItems?: readonly unknown[];
    readonly events?: readonly unknown[];
  };
}

function read(name: string): Example {
  return JSON.parse(readFileSync(new URL(name, plugins), 'utf8'));
}
