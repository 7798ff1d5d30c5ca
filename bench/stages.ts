/**
 * What each stage costs for one Stripe event of 3 KB: CPU, medians of interleaved rounds, also as a part of JSON.parse of the same
 * event, and beside what one writes by hand where there is such a thing. Usage: npm run bench:stages [-- --json].
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Delivery, WebhookEvent } from '../src/core/model.js';
import { handle } from '../src/core/pipeline.js';
import { Rejection } from '../src/core/rejection.js';
import { deadLetter } from '../src/core/stages/dead-letter.js';
import { identify, validate } from '../src/core/stages/event.js';
import { bind, decode, split } from '../src/core/stages/items.js';
import { map } from '../src/core/stages/map.js';
import { verify } from '../src/core/stages/verify.js';
import { answerOutcome } from '../src/server/http/answer.js';
import { openDedupe } from '../src/storage/dedupe/open.js';
import { realClock } from '../src/util/clock.js';
import { compare, loadEndpoint, ports, signDelivery } from './in-process.js';
import { scratch } from './launch.js';
import { describeMachine, formatReport } from './machine.js';
import { formatTable, round } from './rows.js';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const example = new URL('../plugins/stripe/examples/charge.refunded.json', import.meta.url);
const { payload }: { payload: unknown } = JSON.parse(readFileSync(example, 'utf8'));
const endpoint = await loadEndpoint('stripe');
const delivery = signDelivery(endpoint, payload);
const now = Date.now();
const verified = verify(endpoint, delivery, now);
const decoded = decode(endpoint, verified, now);
const [item] = split(endpoint.provider, decoded);
if (item === undefined) throw new Error('no item');
const bindings = bind(endpoint, verified, item);
const event = await identify(endpoint, item, bindings);
const outcome = await handle(endpoint, delivery, ports);
const rejection = new Rejection('route_none', { detail: 'no route' });
const dedupeDir = `${scratch}stages-dedupe-${process.pid}`;
const dedupe = await openDedupe(
  { window: 259_200_000, dir: dedupeDir },
  { shared: false, clock: realClock, log: () => undefined },
);
const published = Promise.resolve({ topic: 'webhooks.stripe.charge', partition: 0, offset: 1n });
let ids = 0;
const key = endpoint.secrets[0]?.key;

/** Stripe's scheme as its documentation shows it. */
function verifyByHand({ headers, body }: Delivery): void {
  if (key === undefined) throw new Error('no key');
  const parts = (headers['stripe-signature']?.[0] ?? '').split(',').map((part) => part.split('='));
  const time = parts.find(([name]) => name === 't')?.[1] ?? '';
  if (Math.abs(now / 1000 - Number(time)) > 300) throw new Error('too old');
  const digest = createHmac('sha256', key).update(`${time}.`).update(body).digest();
  const given = Buffer.from(parts.find(([name]) => name === 'v1')?.[1] ?? '', 'hex');
  if (given.length !== digest.length || !timingSafeEqual(given, digest)) throw new Error('not proven');
}

interface Refund {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  readonly livemode: boolean;
  readonly data: { readonly object: { readonly id: string; readonly payment_intent: string | null } };
}

const refund: Refund = JSON.parse(decoded.text);

function identifyByHand(): object {
  const { id, type, created, livemode, data } = refund;
  return { id, type, time: new Date(created * 1000).toISOString(), subject: data.object.id, livemode, item };
}

function mapByHand({ id, type }: WebhookEvent): object {
  const { data } = refund;
  const digest = `sha-256=:${createHash('sha256').update(delivery.body).digest('base64')}:`;
  const headers = { ce_specversion: '1.0', ce_id: id, ce_type: type, ce_digest: digest };
  const topic = type.startsWith('charge.') ? 'webhooks.stripe.charge' : 'webhooks.stripe.other';
  return { topic, key: data.object.payment_intent ?? data.object.id, value: delivery.body, headers };
}

const runs = 3_000;
const stages: { readonly [name: string]: readonly [work: () => unknown, byHand?: () => unknown] } = {
  verify: [() => verify(endpoint, delivery, now), () => verifyByHand(delivery)],
  decode: [() => decode(endpoint, verified, now), () => JSON.parse(delivery.body.toString())],
  split: [() => split(endpoint.provider, decoded)],
  validate: [() => validate(endpoint.provider, item, bindings)],
  identify: [() => identify(endpoint, item, bindings), identifyByHand],
  'map (SHA-256 of the body in it)': [() => map(endpoint, verified, event, item, bindings), () => mapByHand(event)],
  'dedupe, new ids': [
    () =>
      dedupe.once(
        { endpoint: 'stripe', id: `evt_${ids++}`, type: event.type, digest: item.digest, by: 'id' },
        () => published,
      ),
  ],
  'dead letter': [() => deadLetter('webhooks.dlq', endpoint, verified, [rejection])],
  answer: [() => answerOutcome(endpoint, delivery, outcome)],
  'the pipeline, all of these but dedupe': [() => handle(endpoint, delivery, ports)],
};
const unit = 'JSON.parse of the event';
const times = await compare(7, {
  [unit]: { runs, work: () => JSON.parse(decoded.text) },
  ...Object.fromEntries(
    Object.entries(stages).flatMap(([name, [work, byHand]]) => [
      [name, { runs, work }],
      ...(byHand === undefined ? [] : [[`${name} by hand`, { runs, work: byHand }]]),
    ]),
  ),
});
await dedupe.close();
rmSync(dedupeDir, { recursive: true });
const parse = times.get(unit) ?? 1;
const rows = [unit, ...Object.keys(stages)].map((name) => {
  const cpuUs = times.get(name) ?? 0;
  const byHand = times.get(`${name} by hand`);
  return { name, cpuUs: round(cpuUs), toParse: round(cpuUs / parse), ...(byHand && { byHandUs: round(byHand) }) };
});
const machine = describeMachine();
const lines = rows.map(({ name, cpuUs, toParse, byHandUs }) => [
  name,
  String(cpuUs),
  String(toParse),
  byHandUs === undefined ? '' : String(byHandUs),
]);
const table = formatTable([['stage', 'CPU µs', '÷ JSON.parse', 'by hand µs'], ...lines]);
const report = formatReport(machine, [table], []);
(values.json ? process.stderr : process.stdout).write(report);
if (values.json) process.stdout.write(`${JSON.stringify({ machine, rows, report })}\n`);
