/**
 * What publishing costs, from a record to Kafka's acknowledgement: CPU of this process per record, with as many callers at a
 * time. Usage: npm run bench:publish [-- --callers 64 --seconds 5 --json]. For a profile:
 * node --cpu-prof --import tsx/esm bench/publish.ts --callers 64.
 */
import { parseArgs } from 'node:util';
import type { KafkaSettings } from '../src/config/settings.js';
import type { KafkaRecord, Publisher } from '../src/core/model.js';
import { createPublisher } from '../src/publish/create.js';
import { startBenchKafka } from './broker.js';
import { topics } from './events.js';
import { scratch } from './launch.js';
import { formatTable, round } from './rows.js';

const { values } = parseArgs({
  options: {
    callers: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const body = Buffer.alloc(3000, 'x');
/** As the stages make them of a Stripe event. */
const headers = {
  ce_specversion: '1.0',
  ce_id: 'evt_1NG8Du2eZvKYlo2CUI79vXWy',
  ce_type: 'charge.refunded',
  ce_source: '/webhooks/stripe',
  ce_time: '2026-05-01T10:00:00.000Z',
  ce_subject: 'ch_3NG8Du2eZvKYlo2C1tGkiPcd',
  'content-type': 'application/json; charset=utf-8',
  ce_endpoint: 'stripe',
  ce_livemode: 'false',
  ce_secret: 'current',
  ce_receivedtime: '2026-05-01T10:00:00.123Z',
  ce_digest: 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:',
};

interface Row {
  readonly callers: number;
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly latencyMs: number;
}

async function measure(publisher: Publisher, callers: number, seconds: number): Promise<Row> {
  let records = 0;
  const end = performance.now() + seconds * 1000;
  const cpu = process.cpuUsage();
  const start = performance.now();
  async function call(caller: number): Promise<void> {
    for (let turn = 0; performance.now() < end; turn++) {
      const topic = topics[(caller + turn) % topics.length] ?? '';
      const record: KafkaRecord = { topic, key: `pi_${caller}_${turn}`, headers: { ...headers }, value: body };
      await publisher.publish(record);
      records++;
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return {
    callers,
    cpuUs: round((user + system) / records),
    perSecond: Math.round((records / elapsed) * 1000),
    latencyMs: round((elapsed * callers) / records),
  };
}

async function open(address: string): Promise<Publisher> {
  const settings: KafkaSettings = {
    kind: 'kafka',
    brokers: address.split(','),
    clientId: 'bench',
    idempotent: true,
    topics: { create: 'missing', partitions: 6, replicationFactor: 1 },
    spool: { dir: `${scratch}publish-spool-${process.pid}`, maxBytes: 2 ** 30 },
  };
  const options = { topics, deadLetterTopic: 'webhooks.dlq', largest: 2 ** 20, log: () => undefined };
  return await createPublisher(settings, options);
}

const kafka = await startBenchKafka();
const rows: Row[] = [];
try {
  const publisher = await open(kafka.address);
  const levels = values.callers?.split(',').map(Number) ?? [8, 64, 512];
  await measure(publisher, 64, 1);
  for (const callers of levels) rows.push(await measure(publisher, callers, Number(values.seconds)));
  await publisher.close();
} finally {
  await kafka.stop();
}
const table = rows.map((row) => Object.values(row).map(String));
process.stdout.write(
  values.json
    ? `${JSON.stringify({ rows })}\n`
    : formatTable([['callers', 'CPU µs', 'per second', 'ms each'], ...table]),
);
