import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { secret } from '../../e2e/stripe.js';
import type { Attempt, Fault } from '../../replicas/judge.js';
import { sendAll, type Target } from '../../replicas/sender.js';
import { type Cluster, startCluster } from '../../support/kafka/cluster.js';
import { type ReadinessProxy, startProxy } from '../../support/readiness-proxy.js';
import { primaryName, RedisGroup } from '../../support/redis-group.js';
import { topics } from '../events.js';
import { openSite, type Site, type SiteOptions } from '../site.js';
import { within } from '../wait.js';

export interface ReplicaOptions extends Omit<SiteOptions, 'ownDisk' | 'redis' | 'secret'> {
  readonly replicas: number;
  /** Path of the program. */
  readonly redisServer: string;
  /** Events per second; each is sent four times. */
  readonly rate: number;
  readonly keys: number;
}

/** Gateways with disks of their own, their Redis and Kafka, a load balancer, and a provider that sends everything twice. */
export interface ReplicaScene {
  /** Folder of all data and logs, and of what the checker reads: `answers.jsonl` and `faults.jsonl`. */
  readonly root: string;
  readonly cluster: Cluster;
  readonly redis: RedisGroup;
  readonly sites: readonly Site[];
  readonly proxy: ReadinessProxy;
  /** Requests that were answered with 200. */
  readonly acknowledged: () => number;
  /** What was broken, for the checker. */
  readonly faults: Fault[];
  readonly inflicted: Map<string, number>;
  readonly troubles: string[];
  readonly say: (text: string) => void;
  start(): void;
  /** Begins no more events; resolves when all have come again. */
  stop(): Promise<void>;
  close(keep: boolean): Promise<void>;
}

/** Milliseconds between two questions of the load balancer, and without an answer after which Redis counts as gone. */
const pollInterval = 1_000;
const downAfter = 2_000;
/** Milliseconds between the copies of an event at the most, and until both come again. */
const apart = 50;
const later = 10_000;

/** Starts all of it but the sender. */
export async function openReplicas(options: ReplicaOptions, say: (text: string) => void): Promise<ReplicaScene> {
  const root = await mkdtemp(join(tmpdir(), 'gateway-replicas-'));
  const cluster = await startCluster(root);
  const sites: Site[] = [];
  let redis: RedisGroup | undefined;
  try {
    redis = await RedisGroup.start(options.redisServer, downAfter);
    const shared = { redis: { urls: redis.urls, primary: primaryName }, secret, ownDisk: false };
    for (let number = 0; number < options.replicas; number++) {
      const site = await openSite(join(root, `replica-${number}`), cluster, { ...options, ...shared });
      sites.push(site);
      await site.gateway.start();
      await site.gateway.awaitListening();
    }
    await cluster.awaitInSync(topics);
    return await setScene({ root, cluster, sites, redis, say }, options);
  } catch (error) {
    await Promise.all(sites.map((site) => site.close(true)));
    await redis?.stop();
    await cluster.stop();
    throw error;
  }
}

async function setScene(
  parts: Pick<ReplicaScene, 'root' | 'cluster' | 'sites' | 'redis' | 'say'>,
  { rate, keys }: ReplicaOptions,
): Promise<ReplicaScene> {
  const { root, sites, cluster, redis } = parts;
  const proxy = await startProxy(
    sites.map(({ gateway: { url }, adminUrl }) => ({ url, adminUrl })),
    pollInterval,
  );
  const answers = createWriteStream(join(root, 'answers.jsonl'));
  const stopping = new AbortController();
  let acknowledged = 0;
  let sending: Promise<void> = Promise.resolve();
  const ready = (): readonly Target[] =>
    proxy.ready().map((replica) => ({ replica, url: sites[replica]?.gateway.url ?? '' }));
  const onAttempt = (attempt: Attempt): void => {
    if (attempt.status === 200) acknowledged++;
    answers.write(`${JSON.stringify(attempt)}\n`);
  };
  return {
    ...parts,
    proxy,
    faults: [],
    inflicted: new Map(),
    troubles: [],
    acknowledged: () => acknowledged,
    start() {
      sending = sendAll({
        events: Number.POSITIVE_INFINITY,
        signal: stopping.signal,
        atOnce: keys,
        pace: (keys / rate) * 1000,
        apart,
        later,
        ready,
        balancer: proxy.url,
        onAttempt,
        onEvent: () => undefined,
      });
      // Whoever stops it hears of it.
      sending.catch(() => undefined);
    },
    async stop() {
      stopping.abort();
      await sending;
      answers.end();
      await finished(answers);
    },
    async close(keep) {
      proxy.close();
      await Promise.all(sites.map((site) => site.close(keep)));
      await redis.stop();
      await within(60, 'the brokers to be gone', cluster.stop());
      if (!keep) await rm(root, { recursive: true, force: true });
    },
  };
}
