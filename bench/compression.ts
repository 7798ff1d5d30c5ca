/**
 * What compression saves and costs: record batches of Stripe events of 3 KB with ids of their own, as the gateway encodes them. CPU
 * of the process per event, threads of Node.js included, and how many times smaller a batch becomes; "none" is the encoding alone.
 * Usage: npm run bench:compression.
 */
import { randomBytes } from 'node:crypto';
import zlib from 'node:zlib';
import type { KafkaSettings } from '../src/config/settings.js';
import type { KafkaRecord } from '../src/core/model.js';
import { estimateBytes } from '../src/kafka/queue.js';
import { createEncode, type Encode } from '../src/kafka/wire/encode.js';
import { stripeEvent } from './payloads.js';
import { formatTable, round } from './rows.js';

const hasZstd = 'zstdCompress' in zlib;
const names: readonly (KafkaSettings['compression'] | undefined)[] = [
  undefined,
  'gzip',
  ...(hasZstd ? (['zstd'] as const) : []),
];
const sizes = [1, 5, 20, 100, 250];
const sequence = { producerId: 1n, epoch: 0, number: 0 };

/** With ids that differ in every character, as those of a provider do. */
const text = JSON.stringify(stripeEvent());
function makeRecord(index: number): KafkaRecord {
  const value = Buffer.from(
    text.replace(
      /\b(evt|ch|pi|cus|pm|re|req|txn|py|in)_[A-Za-z0-9]+/g,
      (_, kind) => `${kind}_${randomBytes(12).toString('hex')}`,
    ),
  );
  const headers = {
    ce_specversion: '1.0',
    ce_id: `evt_${randomBytes(12).toString('hex')}`,
    ce_type: 'charge.refunded',
    ce_source: '/webhooks/stripe',
    ce_time: '2026-05-01T10:00:00.000Z',
    'content-type': 'application/json; charset=utf-8',
    ce_endpoint: 'stripe',
    ce_digest: `sha-256=:${randomBytes(32).toString('base64')}:`,
  };
  return { topic: 't', key: `ch_${index}`, headers, value };
}

const batches = new Map(
  sizes.map((size) => [
    size,
    Array.from({ length: 10 }, () => Array.from({ length: size }, (_, at) => makeRecord(at))),
  ]),
);

async function measure(encode: Encode, records: readonly (readonly KafkaRecord[])[]) {
  const capacities = records.map((each) => each.reduce((sum, record) => sum + estimateBytes(record), 0));
  let least = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (let turn = 0; turn < 20; turn++) {
    const before = process.cpuUsage();
    bytes = 0;
    for (const [index, each] of records.entries()) {
      bytes += (await encode({ topic: 't', records: each }, capacities[index] ?? 0, sequence, 0)).bytes.length;
    }
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / records.flat().length);
  }
  return { cpuUs: least, bytes };
}

const table: string[][] = [
  ['events in a batch', ...names.flatMap((name) => [`${name ?? 'none'}: CPU µs`, 'KB an event', 'smaller'])],
];
for (const [size, records] of batches) {
  const row = [String(size)];
  let plain = 0;
  for (const compression of names) {
    const { cpuUs, bytes } = await measure(createEncode(compression === undefined ? {} : { compression }), records);
    plain ||= bytes;
    row.push(String(round(cpuUs)), String(round(bytes / records.flat().length / 1000)), `${round(plain / bytes)} ×`);
  }
  table.push(row);
}
process.stdout.write(`Node ${process.version}\n\n${formatTable(table)}`);
