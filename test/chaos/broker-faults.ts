import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from '../support/kafka/broker.js';
import { configureTopic } from '../support/kafka/topics.js';
import { topics } from './events.js';
import { awaitWritable } from './probe.js';
import type { Outage, Scene } from './scene.js';

export async function killBrokers(nodes: readonly Broker[], during: () => Promise<unknown>): Promise<void> {
  await Promise.all(nodes.map((node) => node.kill()));
  try {
    await during();
  } finally {
    await Promise.all(nodes.map((node) => node.start()));
  }
}

export async function haltBrokers(nodes: readonly Broker[], during: () => Promise<unknown>): Promise<void> {
  for (const node of nodes) node.pause();
  try {
    await during();
  } finally {
    for (const node of nodes) node.resume();
  }
}

/** No broker answers; half-way, something may come on top. */
export async function sufferOutage(
  { cluster, outages }: Scene,
  { how, meanwhile, hold }: Pick<Outage, 'how' | 'meanwhile'> & { readonly hold: number },
  act: () => Promise<unknown>,
): Promise<void> {
  const { nodes } = cluster;
  const begin = Date.now();
  let end = begin;
  let writable: Promise<number> | undefined;

  async function suffer(): Promise<void> {
    await delay(hold * 500);
    await act();
    await delay(hold * 500);
    end = Date.now();
    writable = awaitWritable(cluster);
    // Who waits for the brokers may fail first.
    writable.catch(() => undefined);
  }

  await (how === 'kill' ? killBrokers(nodes, suffer) : haltBrokers(nodes, suffer));
  const writableAt = await writable;
  if (writableAt !== undefined) outages.push({ begin, end, writableAt, how, meanwhile });
}

/** Kafka refuses what would not be on all three brokers, and one is away. */
export async function missReplicas({ cluster }: Scene, broker: number, hold: number): Promise<void> {
  const demand = (replicas: number) =>
    cluster.administer(async (admin) => {
      for (const topic of topics) await configureTopic(admin, topic, { 'min.insync.replicas': String(replicas) });
    });
  await demand(3);
  try {
    await killBrokers(cluster.nodes.slice(broker, broker + 1), () => delay(hold * 1000));
  } finally {
    await demand(2);
  }
}
