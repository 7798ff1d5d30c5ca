import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, startCluster } from '../support/kafka/cluster.js';
import { countRecords } from '../support/kafka/topics.js';
import { type ReadinessProxy, startProxy } from '../support/readiness-proxy.js';
import { topics } from './events.js';
import type { Deletion, History } from './judge.js';
import { MemorySampler } from './memory.js';
import { createProbe } from './probe.js';
import type { Crash, Stop, Wipe } from './schedule.js';
import { Sender } from './sender.js';
import { endpointPath, openSite, type Site, type SiteOptions } from './site.js';
import { until, within } from './wait.js';

export interface SceneOptions extends SiteOptions {
  /** Events per second. */
  readonly rate: number;
  readonly keys: number;
  readonly connections: number;
  /** With `true` there are two gateways with folders of their own, behind a proxy that asks for `/ready` every second. */
  readonly proxied?: boolean;
}

/** Kafka was away for all. Times in milliseconds since the epoch. */
export interface Outage {
  readonly begin: number;
  /** From here on brokers are let come back. */
  readonly end: number;
  /** Every broker takes records again. */
  readonly writableAt: number;
  readonly how: 'kill' | 'halt';
  /** What the gateway suffered half-way. */
  readonly meanwhile: 'nothing' | 'crash' | 'stop';
}

/** A cluster, a gateway as a user runs it, and a provider that sends. Of two gateways, the first one's parts. */
export interface Scene extends Omit<Site, 'close'>, History {
  /** Folder of all data and logs. */
  readonly root: string;
  readonly sites: readonly Site[];
  readonly proxy: ReadinessProxy | undefined;
  readonly workers: number;
  readonly cluster: Cluster;
  readonly sender: Sender;
  readonly crashes: Crash[];
  readonly stops: Stop[];
  readonly wipes: Wipe[];
  readonly outages: Outage[];
  readonly deletions: Deletion[];
  /** Ids of events that were parked and sent again later. */
  readonly parked: Set<string>;
  /** How many there were of each kind. */
  readonly inflicted: Map<string, number>;
  readonly memory: MemorySampler;
  /** What went wrong beside what is judged, in words. */
  readonly troubles: string[];
  readonly say: (text: string) => void;
  /** Ends every process; the folder stays if asked for. */
  close(keep: boolean): Promise<void>;
}

/** Milliseconds between two questions of the proxy. */
const pollInterval = 1_000;

/** Starts all of it; the sender has still to be started. */
export async function openScene(options: SceneOptions, say: (text: string) => void): Promise<Scene> {
  const root = await mkdtemp(join(tmpdir(), 'gateway-chaos-'));
  const cluster = await startCluster(root);
  const sites: Site[] = [];
  try {
    for (const name of options.proxied ? ['gateway', 'other'] : ['gateway']) {
      const site = await openSite(join(root, name), cluster, options);
      sites.push(site);
      await site.gateway.start();
      await site.gateway.awaitListening();
    }
    await createProbe(cluster);
    await cluster.awaitInSync(topics);
    return await setScene(root, cluster, sites, options, say);
  } catch (error) {
    await Promise.all(sites.map((site) => site.close(true)));
    await cluster.stop();
    throw error;
  }
}

async function setScene(
  root: string,
  cluster: Cluster,
  sites: readonly Site[],
  { proxied = false, workers, ...load }: SceneOptions,
  say: Scene['say'],
): Promise<Scene> {
  const [site] = sites;
  if (site === undefined) throw new Error('a scene has a gateway');
  const backends = sites.map(({ gateway: { url }, adminUrl }) => ({ url, adminUrl }));
  const proxy = proxied ? await startProxy(backends, pollInterval) : undefined;
  const origin = proxy?.url ?? site.gateway.url;
  const sender = new Sender({ ...load, origin, path: endpointPath, incarnation: () => site.gateway.incarnation });
  const memory = new MemorySampler(() => sites.reduce((sum, { gateway }) => sum + gateway.measureMemory(), 0));
  return {
    ...site,
    root,
    sites,
    proxy,
    workers,
    cluster,
    sender,
    memory,
    say,
    inflicted: new Map(),
    crashes: [],
    stops: [],
    wipes: [],
    outages: [],
    deletions: [],
    parked: new Set(),
    troubles: [],
    async close(keep) {
      memory.stop();
      proxy?.close();
      await Promise.all(sites.map((each) => each.close(keep)));
      await within(60, 'the brokers to be gone', cluster.stop());
      if (!keep) await rm(root, { recursive: true, force: true });
    },
  };
}

/** Resolves when more events were acknowledged; throws after a minute without. */
export async function awaitProgress({ sender }: Scene, events = 50): Promise<void> {
  const goal = sender.acknowledged + events;
  await until(120, `${events} more acknowledgements although everything runs`, () => sender.acknowledged >= goal);
}

/** Resolves when the spool is empty, with the seconds it took; throws when Kafka gets nothing more for a minute before. */
export async function awaitDrained({ sites, cluster }: Pick<Scene, 'sites' | 'cluster'>): Promise<number> {
  const start = Date.now();
  let count = 0;
  let since = start;
  const areEmpty = async () => !(await Promise.all(sites.map(({ spool }) => hasRecords(spool)))).includes(true);
  while (!(await areEmpty())) {
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
