import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { memoryPublisher } from '../../support/memory-publisher.js';
import { plugins, type Running, run } from './running.js';

/** The gateway's clock: 2026-01-02T03:04:05Z. */
export const now = Date.UTC(2026, 0, 2, 3, 4, 5);
export const seconds = now / 1000;
export const bodyLimit = 256 * 1024;

export const secrets = {
  current: 'whsec_current_6dQ2vXkT',
  previous: 'whsec_previous_9mZ1bNwR',
  expired: 'whsec_expired_3hJ7pLcY',
};

/** What no log line may have: a mark that every payload carries. */
export const mark = '4242424242424242';

export function event(changes: { readonly [name: string]: unknown } = {}): string {
  const charge = { id: 'ch_1', object: 'charge', card: mark, metadata: { n: '1' } };
  const common = { object: 'event', created: 1_700_000_000, livemode: true, pending_webhooks: 1 };
  return JSON.stringify({ id: 'evt_1', type: 'charge.refunded', ...common, data: { object: charge }, ...changes });
}

/** `v1` of Stripe's header. */
export function digest(body: string | Buffer, at: number | string = seconds, secret = secrets.current): string {
  return createHmac('sha256', secret).update(`${at}.`).update(body).digest('hex');
}

export function sign(body: string | Buffer, at: number | string = seconds, secret = secrets.current): string {
  return `t=${at},v1=${digest(body, at, secret)}`;
}

export interface Answer {
  readonly status: number;
  readonly headers: { readonly [name: string]: unknown };
  readonly body: string;
}

/** Headers that are lists go out as several lines; `undefined` takes one of the usual headers away. */
export async function post(
  url: string,
  body: string | Buffer | null,
  headers: { readonly [name: string]: string | string[] | undefined } = {},
  method = 'POST',
): Promise<Answer> {
  const all = { 'content-type': 'application/json', 'stripe-signature': sign(body ?? ''), ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, one]));
  const answer = await request(url, { method, headers: lines, body });
  return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
}

/** The Stripe plugin without its catch-all route, so that a type can be without a route. */
function narrowPlugin(): { [path: string]: string } {
  const text = readFileSync(join(plugins, 'stripe/plugin.yaml'), 'utf8');
  const schemas = ['event.schema.json', 'thin-event.schema.json'];
  return {
    'plugins/narrow/plugin.yaml': text
      .replace('name: stripe', 'name: narrow')
      .replace(/ {2}- events: \["\*"\]\n.*\n/, '')
      .replace(/^examples:[\s\S]*/m, '')
      .replace(/^eventTypes:.*\n/m, ''),
    ...Object.fromEntries(
      schemas.map((name) => [`plugins/narrow/${name}`, readFileSync(join(plugins, 'stripe', name), 'utf8')]),
    ),
  };
}

const endpoints = `
  - { provider: stripe, path: /webhooks/stripe, secrets: [{ name: current, env: CURRENT }] }
  - name: rotating
    provider: stripe
    path: /rotating
    secrets:
      - { name: current, env: CURRENT }
      - { name: previous, env: PREVIOUS, expires: 2026-02-01T00:00:00Z }
      - { name: expired, env: EXPIRED, expires: 2026-01-01T00:00:00Z }
  - { name: strict, provider: stripe, path: /strict, rejected: refuse, livemode: true, secrets: [{ name: current, env: CURRENT }] }
  - { name: narrow, provider: narrow, path: /narrow, secrets: [{ name: current, env: CURRENT }] }
  - name: throwing
    provider: stripe
    path: /throwing
    secrets: [{ name: current, env: CURRENT }]
    routes: [{ when: $number(data.object.metadata.n) > 0, topic: webhooks.stripe.numbered, key: data.object.id }]
`;

/** A gateway with the shipped Stripe plugin, whose clock stands still and whose records are in `publisher`. */
export async function runStripe({ perMinute = 1_000_000 } = {}) {
  const publisher = memoryPublisher();
  const yaml = `version: 1
server: { listen: "127.0.0.1:0", limits: { body: ${bodyLimit}, bodyTimeout: 250ms }, drain: 1s }
plugins: [${plugins}, plugins]
embedded: { dir: data }
deadLetter: { topic: webhooks.dlq, unverified: { perMinute: ${perMinute}, bytesPerMinute: 100GiB } }
log: { level: debug }
endpoints:${endpoints}`;
  const environment = { CURRENT: secrets.current, PREVIOUS: secrets.previous, EXPIRED: secrets.expired };
  const gateway: Running = await run({ 'gateway.yaml': yaml, ...narrowPlugin() }, environment, {
    publisher,
    now: () => now,
  });
  return { ...gateway, publisher };
}
