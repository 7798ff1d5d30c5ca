import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Cluster, startCluster } from '../support/kafka/cluster.js';
import { countRecords } from '../support/kafka/topics.js';
import { findFreePorts, user } from '../support/kafka.js';
import { secret, topics } from './events.js';
import { GatewayProcess } from './gateway-process.js';
import type { Deletion } from './judge.js';
import { MemorySampler } from './memory.js';
import { createProbe } from './probe.js';
import type { Crash } from './schedule.js';
import { Sender } from './sender.js';
import { until, within } from './wait.js';

const plugins = fileURLToPath(new URL('../../plugins', import.meta.url));

export interface SceneOptions {
  /** `kafka.client` of the configuration. */
  readonly client: string;
  readonly workers: number;
  /** Events per second. */
  readonly rate: number;
  readonly keys: number;
  readonly connections: number;
  /** The spool gets a small file system of its own, which can be filled; it takes root. */
  readonly ownDisk: boolean;
}

/** Kafka was away for all. Times in milliseconds since the epoch. */
export interface Outage {
  readonly begin: number;
  /** From here on brokers are let come back. */
  readonly end: number;
  /** Every broker takes records again. */
  readonly writableAt: number;
  readonly how: 'kill' | 'halt';
  readonly crash: Crash['what'] | 'none';
}

/** A cluster, a gateway as a user runs it, and a provider that sends. */
export interface Scene {
  /** Folder of all data and logs. */
  readonly dir: string;
  readonly spool: string;
  readonly workers: number;
  readonly cluster: Cluster;
  readonly gateway: GatewayProcess;
  readonly sender: Sender;
  readonly crashes: Crash[];
  readonly outages: Outage[];
  readonly deletions: Deletion[];
  /** Ids of events that were parked and sent again later. */
  readonly parked: Set<string>;
  readonly memory: MemorySampler;
  /** What went wrong beside what is judged, in words. */
  readonly troubles: string[];
  readonly say: (text: string) => void;
  /** Ends every process; the folder stays if asked for. */
  close(keep: boolean): Promise<void>;
}

/** Starts all of it; the sender has still to be started. */
export async function openScene(options: SceneOptions, say: (text: string) => void): Promise<Scene> {
  const dir = await mkdtemp(join(tmpdir(), 'gateway-chaos-'));
  const spool = join(dir, 'spool');
  await mkdir(spool);
  if (options.ownDisk) mountDisk(spool);
  const cluster = await startCluster(dir);
  const [front, back] = await findFreePorts(2);
  const url = `http://127.0.0.1:${front}`;
  const ports = { front: front ?? 0, back: back ?? 0 };
  await writeFile(join(dir, 'gateway.yaml'), configure(cluster.logins, ports, options));
  const environment = { STRIPE_WEBHOOK_SECRET: secret, KAFKA_PASSWORD: user.password };
  const gateway = new GatewayProcess({ dir, url, environment });
  const { rate, keys, connections } = options;
  const target = { url: `${url}/webhooks/stripe`, rate, keys, connections };
  const sender = new Sender({ ...target, incarnation: () => gateway.incarnation });
  await gateway.start();
  await gateway.awaitListening();
  await createProbe(cluster);
  await cluster.awaitInSync(topics);
  const memory = new MemorySampler(() => gateway.measureMemory());
  return {
    ...{ dir, spool, workers: options.workers, cluster, gateway, sender, memory, say },
    ...{ crashes: [], outages: [], deletions: [], parked: new Set(), troubles: [] },
    async close(keep) {
      memory.stop();
      await gateway.kill();
      await within(60, 'the brokers to be gone', cluster.stop());
      if (options.ownDisk) execFileSync('umount', ['-l', spool]);
      if (!keep) await rm(dir, { recursive: true, force: true });
    },
  };
}

function configure(
  brokers: readonly string[],
  ports: { front: number; back: number },
  { client, workers }: SceneOptions,
): string {
  return `version: 1
server: { listen: "127.0.0.1:${ports.front}", workers: ${workers}, shutdownDelay: 1s, drain: 10s }
admin: { listen: "127.0.0.1:${ports.back}" }
plugins: ${plugins}
kafka:
  brokers: [${brokers.map((broker) => `"${broker}"`).join(', ')}]
  client: ${client}
  sasl: { mechanism: scram-sha-512, username: ${user.username}, password: { env: KAFKA_PASSWORD } }
  topics: { create: missing, partitions: 6, replicationFactor: 3 }
spool: { dir: ./spool }
deadLetter: { topic: webhooks.dlq }
endpoints:
  - provider: stripe
    path: /webhooks/stripe
    secrets: [{ name: current, env: STRIPE_WEBHOOK_SECRET }]
`;
}

/** Whether a disk can be made for the spool alone. */
export function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

function mountDisk(folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', folder]);
}

/** Resolves when more events were acknowledged; throws after a minute without. */
export async function awaitProgress({ sender }: Scene, events = 50): Promise<void> {
  const goal = sender.acknowledged + events;
  await until(120, `${events} more acknowledgements although everything runs`, () => sender.acknowledged >= goal);
}

/** Resolves when the spool is empty, with the seconds it took; throws when Kafka gets nothing more for a minute before. */
export async function awaitDrained({ spool, cluster }: Scene): Promise<number> {
  const start = Date.now();
  let count = 0;
  let since = start;
  while (await hasRecords(spool)) {
    const now = await cluster.administer((admin) => countRecords(admin, topics));
    if (now > count) {
      count = now;
      since = Date.now();
    } else if (Date.now() - since > 60_000) {
      throw new Error('the spool is not drained although everything runs');
    }
    await delay(200);
  }
  return (Date.now() - start) / 1000;
}

async function hasRecords(folder: string): Promise<boolean> {
  const names = await readdir(folder, { recursive: true });
  return names.some((name) => name.endsWith('.journal'));
}
