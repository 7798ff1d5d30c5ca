/**
 * What verifying costs: the schemes of the plugins beside verifiers written by hand for one provider, safe and with nothing
 * that its provider's own package doesn't do: the key prepared once, digests compared as text, in constant time. Usage:
 * npm run bench:verify. Medians of interleaved rounds; ratios are what counts, the microseconds are this machine's.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { loadPlugin } from '../src/config/plugins/load.js';
import type { Delivery, Scheme } from '../src/core/model.js';
import { packageRoot } from '../src/util/package-root.js';

const rounds = 15;
const runs = 10_000;
const now = 1_800_000_000_000;
const seconds = String(now / 1000);

interface Contest {
  readonly plugin: string;
  readonly secret: string;
  readonly body: Buffer;
  readonly byHand: (body: Buffer, headers: Delivery['headers']) => void;
}

function check(good: boolean): void {
  if (!good) throw new Error('not proven');
}

function equal(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

const json = Buffer.from(JSON.stringify({ id: 'evt_1', pad: 'x'.repeat(3_000) }));

const item = {
  pspReference: '7914073381342284',
  merchantAccountCode: 'TestMerchant',
  merchantReference: 'TestPayment-1407325143704',
  amount: { value: 1130, currency: 'EUR' },
  eventCode: 'AUTHORISATION',
  success: 'true',
  additionalData: { hmacSignature: '' },
};
const adyenBody = Buffer.from(
  JSON.stringify({ live: 'false', notificationItems: [{ NotificationRequestItem: item }] }),
);

const contests: readonly Contest[] = [
  {
    plugin: 'stripe',
    secret: 'whsec_c2VjcmV0',
    body: json,
    byHand(body, headers) {
      let time = '';
      const signatures: string[] = [];
      for (const part of (headers['stripe-signature']?.[0] ?? '').split(',')) {
        if (part.startsWith('t=')) time = part.slice(2);
        else if (part.startsWith('v1=')) signatures.push(part.slice(3));
      }
      check(Math.abs(now / 1000 - Number(time)) <= 300);
      const expected = Buffer.from(createHmac('sha256', stripeKey).update(`${time}.`).update(body).digest('hex'));
      check(signatures.some((each) => equal(Buffer.from(each), expected)));
    },
  },
  {
    plugin: 'github',
    secret: 'secret',
    body: json,
    byHand(body, headers) {
      const given = Buffer.from(headers['x-hub-signature-256']?.[0] ?? '');
      check(equal(given, Buffer.from(`sha256=${createHmac('sha256', githubKey).update(body).digest('hex')}`)));
    },
  },
  {
    plugin: 'standard_webhooks',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    body: json,
    byHand(body, headers) {
      const [id, time] = [headers['webhook-id']?.[0], headers['webhook-timestamp']?.[0] ?? ''];
      check(Math.abs(now / 1000 - Number(time)) <= 300);
      const digest = createHmac('sha256', standardKey).update(`${id}.${time}.`).update(body).digest('base64');
      const expected = Buffer.from(`v1,${digest}`);
      const given = (headers['webhook-signature']?.[0] ?? '').split(' ');
      check(given.some((each) => equal(Buffer.from(each), expected)));
    },
  },
  {
    plugin: 'adyen',
    secret: '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056',
    body: adyenBody,
    byHand(body) {
      for (const { NotificationRequestItem: each } of JSON.parse(body.toString()).notificationItems) {
        const {
          pspReference,
          originalReference = '',
          merchantAccountCode,
          merchantReference,
          amount,
          eventCode,
          success,
        } = each;
        const { value, currency } = amount;
        const fields = [pspReference, originalReference, merchantAccountCode, merchantReference, value, currency];
        const content = [...fields, eventCode, success].join(':');
        const expected = createHmac('sha256', adyenKey).update(content).digest('base64');
        check(equal(Buffer.from(each.additionalData.hmacSignature), Buffer.from(expected)));
      }
    },
  },
];
const stripeKey = Buffer.from('whsec_c2VjcmV0');
const githubKey = Buffer.from('secret');
const standardKey = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
const adyenKey = Buffer.from('44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056', 'hex');

async function compete({ plugin, secret, body, byHand }: Contest): Promise<string> {
  const { provider } = await loadPlugin(join(packageRoot, 'plugins', plugin));
  if (provider === undefined) throw new Error(`${plugin} has faults`);
  const { scheme } = provider;
  const key = scheme.key(secret);
  const url = 'https://example.com/in';
  const headers = { 'content-type': 'application/json', 'webhook-timestamp': seconds };
  const signed = scheme.sign({ method: 'POST', url, headers, body }, key, now);
  const values = Object.fromEntries(Object.entries(signed.headers).map(([name, value]) => [name, [value]]));
  const delivery: Delivery = {
    id: 'd',
    receivedAt: now,
    method: 'POST',
    target: '/in',
    headers: values,
    body: signed.body,
  };
  const secrets = [{ name: 'current', key }];
  const times = { scheme: [] as number[], byHand: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.byHand.push(time(() => byHand(delivery.body, delivery.headers)));
    times.scheme.push(time(() => verify(scheme, delivery, secrets)));
  }
  const [hand, ours] = [median(times.byHand), median(times.scheme)];
  return `${plugin.padEnd(20)} ${hand.toFixed(2).padStart(8)} ${ours.toFixed(2).padStart(8)} ${(ours / hand).toFixed(2).padStart(6)}`;
}

function verify(scheme: Scheme, delivery: Delivery, secrets: Parameters<Scheme['verify']>[1]): void {
  scheme.verify(delivery, secrets, now, { params: {} });
}

/** Microseconds for one. */
function time(work: () => void): number {
  const start = process.cpuUsage();
  for (let run = 0; run < runs; run++) work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / runs;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

process.stdout.write(`${cpus()[0]?.model}, Node ${process.version}\n`);
process.stdout.write(
  `${'CPU µs'.padEnd(20)} ${'by hand'.padStart(8)} ${'plugin'.padStart(8)} ${'ratio'.padStart(6)}\n`,
);
for (const contest of contests) process.stdout.write(`${await compete(contest)}\n`);
