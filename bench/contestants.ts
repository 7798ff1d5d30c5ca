import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { path, secret } from './events.js';
import { launch, processArgs, type ServerProcess, scratch } from './launch.js';

const binary = fileURLToPath(new URL('../bin/run.js', import.meta.url));
export const plugins = fileURLToPath(new URL('../plugins', import.meta.url));
const { resolve } = createRequire(import.meta.url);

/** Something that takes the same webhooks. */
export interface Contestant {
  readonly name: string;
  readonly workers: number;
  /** Where its records can be counted. */
  readonly keeps: 'nothing' | 'kafka' | 'embedded';
  start(broker: string): Promise<Running>;
}

export interface Running {
  readonly server: ServerProcess;
  /** Of the embedded log. */
  readonly data: string;
  /** Also removes its files. */
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly workers?: number;
  /** Instead of the one endpoint. */
  readonly endpoints?: string;
  /** Of topics that are created. */
  readonly partitions?: number;
  /** `dedupe.redis.url`. */
  readonly redis?: string;
  /** Folder for `--cpu-prof`. */
  readonly profiles?: string;
  readonly environment?: { readonly [name: string]: string };
}

/** The built gateway with a configuration as in production; without a broker it keeps the records itself. */
export async function startGateway(broker: string | undefined, options: GatewayOptions = {}): Promise<Running> {
  const { workers = 1, profiles } = options;
  mkdirSync(scratch, { recursive: true });
  const dir = mkdtempSync(join(scratch, 'run-'));
  mkdirSync(join(dir, 'config'));
  const file = join(dir, 'config/gateway.yaml');
  writeFileSync(file, configure(broker, options));
  const node = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  const server = await launch([...node, binary, 'start', file, '--json'], {
    log: join(dir, 'gateway.log'),
    workers,
    environment: { BENCH_SECRET: secret, ...options.environment },
  });
  await untilReady(String(server.said.adminUrl));
  return { server, data: join(dir, 'data'), stop: () => stop(server, dir) };
}

async function stop(server: ServerProcess, dir: string): Promise<void> {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
}

/** `/ready` of the admin port; throws after 20 s. */
export async function untilReady(adminUrl: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await delay(20)) {
    const answer = await fetch(`${adminUrl}/ready`).catch(() => undefined);
    const text = await answer?.text();
    if (answer?.ok && text !== undefined && allReady(JSON.parse(text))) return;
  }
  throw new Error('the gateway does not get ready');
}

function allReady({ workers }: { workers?: { ready: number; of: number } }): boolean {
  return workers === undefined || workers.ready === workers.of;
}

function configure(
  broker: string | undefined,
  { workers = 1, endpoints, partitions = 6, redis }: GatewayOptions,
): string {
  const sections: { [key: string]: string } = {
    version: '1',
    server: `{ listen: "127.0.0.1:0", workers: ${workers}, shutdownDelay: 0s, drain: 5s }`,
    admin: '{ listen: "127.0.0.1:0" }',
    plugins: JSON.stringify(plugins),
    dedupe: `{ window: 72h, dir: ../data/dedupe${redis === undefined ? '' : `, redis: { url: "${redis}" }`} }`,
    deadLetter: '{ topic: webhooks.dlq }',
    log: '{ level: info }',
    endpoints: endpoints ?? `[{ provider: stripe, path: ${path}, secrets: [{ name: bench, env: BENCH_SECRET }] }]`,
  };
  if (broker === undefined) sections.embedded = '{ dir: ../data/log }';
  else {
    sections.kafka = `{ brokers: "${broker}", topics: { create: missing, partitions: ${partitions}, replicationFactor: 1 } }`;
    sections.spool = '{ dir: ../data/spool, maxBytes: 2GiB }';
  }
  return Object.entries(sections)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

function floor(name: string, client: string): Contestant {
  const keeps = client === 'none' ? 'nothing' : 'kafka';
  async function start(broker: string): Promise<Running> {
    const server = await launch(processArgs('floor', client, broker, secret), { log: join(scratch, 'floor.log') });
    return { server, data: '', stop: () => server.stop() };
  }
  return { name, workers: 1, keeps, start };
}

function gateway(name: string, options: GatewayOptions & { readonly embedded?: true }): Contestant {
  const { workers = 1, embedded } = options;
  const start = (broker: string) => startGateway(embedded ? undefined : broker, options);
  return { name, workers, keeps: embedded ? 'embedded' : 'kafka', start };
}

/** The first is what the others are divided by. */
export function listContestants(profiles: string | undefined): Contestant[] {
  const common = profiles === undefined ? {} : { profiles };
  const contestants = [
    floor('floor', 'none'),
    floor('floor + kafkajs', 'kafkajs'),
    gateway('gateway, embedded', { ...common, embedded: true }),
    gateway('gateway, Kafka', common),
    gateway('gateway, Kafka, 2 workers', { ...common, workers: 2 }),
  ];
  if (isInstalled('@platformatic/kafka')) contestants.splice(2, 0, floor('floor + platformatic', 'platformatic'));
  return contestants;
}

export function isInstalled(name: string): boolean {
  try {
    resolve(name);
    return true;
  } catch {
    return false;
  }
}
