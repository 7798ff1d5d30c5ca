import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { request } from 'undici';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import type { GatewaySettings } from '../../src/config/settings.js';
import type { OutgoingRequest } from '../../src/core/model.js';
import { developmentSecrets } from '../../src/testing/plugins/secrets.js';
import { Cli, makeDirectory, plugins } from '../e2e/cli.js';
import { countRecords } from '../support/kafka/topics.js';
import { declarationOf } from '../unit/plugins-data/endpoints.js';
import { EventMaker, nameRecord, type Sendings } from './events.js';

export interface ProofOptions {
  readonly brokers: readonly string[];
  readonly providers: readonly string[];
  readonly events: number;
  readonly say?: (line: string) => void;
}

export interface Proof {
  readonly events: number;
  readonly requests: number;
  /** Records that had to be in Kafka, and what of them is not, or more than once. */
  readonly expected: number;
  readonly missing: number;
  readonly twice: number;
  /** Events of plugins whose id alone names an event: their other content counts as a repetition. */
  readonly byId: number;
  /** Answers by their status. */
  readonly answers: { readonly [status: string]: number };
  readonly seconds: number;
}

/** Events that are made at a time, and requests that are under way. */
const atOnce = 64;

/**
 * Sends each event, the same event once more, and another event under its id, to a gateway of its own with a real Kafka; then reads
 * the topics and counts.
 */
export async function proveRepetitions({
  brokers,
  providers,
  events,
  say = () => undefined,
}: ProofOptions): Promise<Proof> {
  const environment = await secretsOf(providers);
  const directory = makeDirectory({ 'gateway.yaml': await config(brokers, providers) });
  const file = join(directory.path, 'gateway.yaml');
  const gateway = new Cli(directory.path, ['start', file], environment);
  try {
    const { settings } = await loadConfig(file, environment, Date.now());
    if (settings === undefined) throw new Error('the configuration of the proof has a fault');
    const [, url = ''] = await gateway.says(/"url":"([^"]+)"/);
    const started = performance.now();
    const makers = await Promise.all(settings.endpoints.map((endpoint) => EventMaker.load(endpoint)));
    const sent: Sendings[] = [];
    const answers: { [status: string]: number } = {};
    for (let from = 0; from < events; from += atOnce) {
      const count = Math.min(atOnce, events - from);
      const group = await Promise.all(Array.from({ length: count }, (_, n) => makeEvent(makers, from + n)));
      // One after another: a repetition at the same time is another test's.
      for (const which of ['first', 'again', 'other'] as const) {
        await Promise.all(group.map(async (each) => note(answers, await send(url, each[which]))));
      }
      sent.push(...group);
      if (sent.length % 5_000 < atOnce) say(`${sent.length} events, ${JSON.stringify(answers)}`);
    }
    gateway.kill('SIGTERM');
    await gateway.ended();
    const counts = await countNames(brokers, settings);
    const expected = sent.flatMap((each) => each.expected);
    return {
      events,
      requests: 3 * events,
      expected: expected.length,
      answers,
      missing: expected.filter((name) => !counts.has(name)).length,
      twice: expected.filter((name) => (counts.get(name) ?? 0) > 1).length,
      byId: sent.filter(({ byId }) => byId).length,
      seconds: Math.round((performance.now() - started) / 1000),
    };
  } finally {
    gateway.kill('SIGKILL');
    directory.remove();
  }
}

function makeEvent(makers: readonly EventMaker[], number: number): Promise<Sendings> {
  const maker = makers[number % makers.length];
  if (maker === undefined) throw new Error('no providers');
  return maker.make(Math.floor(number / makers.length));
}

async function secretsOf(providers: readonly string[]): Promise<{ [name: string]: string }> {
  const environment: { [name: string]: string } = {};
  for (const name of providers) {
    for (const [kind, text] of developmentSecrets(await declarationOf(name), 0))
      environment[variable(name, kind)] = text;
  }
  return environment;
}

function variable(provider: string, kind: string): string {
  return `SECRET_${provider}_${kind}`.toUpperCase();
}

async function config(brokers: readonly string[], providers: readonly string[]): Promise<string> {
  const endpoints = await Promise.all(
    providers.map(async (name) => {
      const declaration = await declarationOf(name);
      const kinds = [...developmentSecrets(declaration, 0)].map(([kind]) => kind);
      const params = Object.keys(declaration.params ?? {}).map((param) => [param, `made_up_${param}`]);
      return {
        provider: name,
        path: `/webhooks/${name}`,
        accept: ['signature-body-unbound', 'event-unbound'],
        secrets: kinds.map((kind) => ({ name: kind || 'current', env: variable(name, kind) })),
        ...(params.length > 0 ? { params: Object.fromEntries(params) } : {}),
      };
    }),
  );
  return stringify({
    version: 1,
    server: { listen: '127.0.0.1:0', publicUrl: 'https://hooks.example.com' },
    plugins,
    kafka: { brokers: brokers.join(','), topics: { create: 'missing', partitions: 3, replicationFactor: 1 } },
    spool: { dir: 'data/spool' },
    dedupe: { dir: 'data/dedupe' },
    endpoints,
  });
}

async function send(base: string, { url, method, headers, body }: OutgoingRequest): Promise<string> {
  const { pathname, search } = new URL(url);
  const answer = await request(base + pathname + search, { method: method === 'POST' ? 'POST' : 'GET', headers, body });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) return `${answer.statusCode}`;
  return /"status":"(\w+)"/.exec(text)?.[1] ?? 'own answer';
}

function note(answers: { [status: string]: number }, status: string): void {
  answers[status] = (answers[status] ?? 0) + 1;
}

/** Read with the Kafka client alone, not with the code that is judged. */
async function countNames(
  brokers: readonly string[],
  { topics }: GatewaySettings,
): Promise<ReadonlyMap<string, number>> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const existing = (await admin.listTopics()).filter((topic) => topics.includes(topic));
  const total = await countRecords(admin, existing);
  await admin.disconnect();
  const counts = new Map<string, number>();
  const consumer = kafka.consumer({ groupId: `repetitions-${process.pid}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: existing, fromBeginning: true });
  let read = 0;
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    void consumer.run({
      autoCommit: false,
      async eachMessage({ message }) {
        const { ce_id, ce_type, ce_digest } = message.headers ?? {};
        const name = nameRecord({ ce_id: String(ce_id), ce_type: String(ce_type), ce_digest: String(ce_digest) });
        counts.set(name, (counts.get(name) ?? 0) + 1);
        if (++read === total) resolve();
      },
    });
  });
  await consumer.disconnect();
  return counts;
}
