/**
 * What `protect` and `panGuard` cost: a Stripe event of 5 KB, and texts of 1 MiB that are made to be slow. CPU, the least of many rounds.
 * Usage: tsx bench/protect.ts.
 */
import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findCards } from '../src/core/protect/find-cards.js';
import { createProtection } from '../src/core/protect/protection.js';
import { createSealer } from '../src/core/protect/sealer.js';

const example = new URL('../plugins/stripe/examples/charge.refunded.json', import.meta.url);
const { payload }: { payload: unknown } = JSON.parse(readFileSync(example, 'utf8'));
const event = Buffer.from(JSON.stringify(payload));
const sealer = createSealer('k1', createSecretKey(Buffer.alloc(32, 7)));
const fields = [
  { path: '/data/object/billing_details/email', do: 'tokenise' },
  { path: '/data/object/payment_method_details/card/fingerprint', do: 'drop' },
  { path: '/data/object/receipt_url', do: 'mask' },
] as const;
const guard = createProtection({ fields: [], panGuard: 'mask' });
const both = createProtection({ fields, panGuard: 'mask', sealer });
const only = createProtection({ fields, panGuard: 'off', sealer });
const masking = Buffer.from(
  event.toString().replace('"currency":"usd"', '"currency":"usd","pan":"4242 4242 4242 4242"'),
);

show(`event of ${event.length} bytes: panGuard`, 1000, () => guard.protect(event, 'event', ''));
show('the same with a card number', 1000, () => guard.protect(masking, 'event', ''));
show('three fields', 1000, () => only.protect(event, 'event', ''));
show('three fields and panGuard', 1000, () => both.protect(event, 'event', ''));

const hostile: readonly string[] = [
  ...[
    '4',
    '1 ',
    '4242424242424242 ',
    '"id":"4242424242424242",',
    '4-2.4-2 ',
    '4242.4242.4242.4242 ',
    '{"a":1},',
    '\\u0034',
    '%34',
  ],
  ...['&', '&#52;', '\u6f22', '<', 'a4 ', '"a": '],
];
for (const part of hostile) {
  const text = Buffer.from(part.repeat(Math.ceil(2 ** 20 / Buffer.byteLength(part))));
  show(`1 MiB of ${part}: find`, 1, () => findCards(text));
}
const arrays = Buffer.from(`[${'{"b":1},'.repeat(130_000)}{}]`);
const paths = createProtection({ fields: [{ path: '/*/a', do: 'drop' }], panGuard: 'off' });
show('1 MiB of objects: a field of each', 1, () => paths.protect(arrays, 'event', ''));

function show(name: string, times: number, run: () => unknown): void {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 15; round++) {
    const before = process.cpuUsage();
    for (let time = 0; time < times; time++) run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / times);
  }
  process.stdout.write(`${name.padEnd(50)} ${least.toFixed(1).padStart(10)} µs\n`);
}
