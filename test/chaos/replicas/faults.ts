import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../../replicas/judge.js';
import type { Broker } from '../../support/kafka/broker.js';
import { haltBrokers, killBrokers } from '../broker-faults.js';
import { topics } from '../events.js';
import type { KafkaChoice, Site } from '../site.js';
import { watchNotes } from '../stop-faults.js';
import { until } from '../wait.js';
import type { ReplicaScene } from './scene.js';
import type { ReplicaFault } from './schedule.js';

/** Requests that are answered with 200 after a fault before the next one comes. */
const progress = 100;

/** Resolves when the fault is over, everything is in step, and all replicas take events. */
export async function inflict(scene: ReplicaScene, fault: ReplicaFault): Promise<void> {
  await disturb(scene, fault);
  await scene.cluster.awaitInSync(topics);
  await scene.redis.awaitSteady();
  await awaitReady(scene);
  const goal = scene.acknowledged() + progress;
  await until(120, `${progress} more requests to be answered with 200`, () => scene.acknowledged() >= goal);
}

function disturb(scene: ReplicaScene, fault: ReplicaFault): Promise<unknown> {
  const { nodes } = scene.cluster;
  switch (fault.kind) {
    case 'kill-replica':
      return killReplica(scene, fault.replica, fault.hold);
    case 'hang-replica':
      return hangReplica(scene, fault.replica, fault.hold);
    case 'roll':
      return rollAll(scene, fault);
    case 'kill-redis':
      return killRedis(scene, fault.hold);
    case 'hang-redis':
      return hangRedis(scene, fault.hold);
    case 'failover-redis':
      return failOver(scene);
    case 'kill-broker':
      return withoutKafka(scene, 'kill', nodes.slice(fault.broker, fault.broker + 1), () => delay(fault.hold * 1000));
    case 'halt-broker':
      return withoutKafka(scene, 'halt', nodes.slice(fault.broker, fault.broker + 1), () => delay(fault.hold * 1000));
    case 'kill-controller':
      return killController(scene, fault.hold);
    case 'move-leaders':
      return noted(scene, { kind: 'kafka' }, () => scene.cluster.moveLeaders(topics, fault.shift));
    case 'outage':
      return withoutKafka(scene, fault.how, nodes, () => sufferOutage(scene, fault));
    case 'kill-in-drain':
      return killInDrain(scene, fault);
  }
}

/** Tells the checker from when to when something was broken. */
async function noted<T>(
  { faults }: ReplicaScene,
  what: Pick<Fault, 'kind' | 'replica'>,
  work: () => Promise<T>,
): Promise<T> {
  const from = Date.now();
  try {
    return await work();
  } finally {
    faults.push({ ...what, from, to: Date.now() });
  }
}

function siteOf({ sites }: ReplicaScene, replica: number): Site {
  const site = sites[replica];
  if (site === undefined) throw new RangeError(`there is no replica ${replica}`);
  return site;
}

function killReplica(scene: ReplicaScene, replica: number, hold: number): Promise<void> {
  const { gateway } = siteOf(scene, replica);
  return noted(scene, { kind: 'kill', replica }, async () => {
    await gateway.kill();
    await delay(hold * 1000);
    await gateway.start();
    await gateway.awaitListening();
    await awaitReady(scene);
  });
}

function hangReplica(scene: ReplicaScene, replica: number, hold: number): Promise<void> {
  const { gateway } = siteOf(scene, replica);
  return noted(scene, { kind: 'hang', replica }, async () => {
    gateway.signalAll('SIGSTOP');
    try {
      await delay(hold * 1000);
    } finally {
      gateway.signalAll('SIGCONT');
    }
    // The load balancer has to find out.
    await delay(2_000);
    await awaitReady(scene);
  });
}

/** As a StatefulSet is updated: the next one when the last one is ready. */
async function rollAll(scene: ReplicaScene, kafka: KafkaChoice): Promise<void> {
  const { compression, login } = kafka;
  for (const [replica, site] of scene.sites.entries()) {
    await awaitReady(scene);
    await site.changeKafka({ compression, login });
    await noted(scene, { kind: 'restart', replica }, async () => {
      const ended = await site.gateway.stop();
      if (ended !== 'ended 0') throw new Error(`after SIGTERM replica ${replica} ${ended}`);
      await site.gateway.start();
      await awaitReady(scene);
    });
  }
}

async function killRedis(scene: ReplicaScene, hold: number): Promise<void> {
  const { redis } = scene;
  const primary = await redis.findPrimary();
  await noted(scene, { kind: 'failover' }, async () => {
    await primary.kill();
    await redis.awaitAnother(primary);
  });
  await delay(hold * 1000);
  await redis.restart(primary);
}

/** If it takes long enough for the Sentinels, the other one is promoted meanwhile. */
async function hangRedis(scene: ReplicaScene, hold: number): Promise<void> {
  const { redis } = scene;
  const primary = await redis.findPrimary();
  const from = Date.now();
  const over = new AbortController();
  let promotedAt: number | undefined;
  const watching = (async () => {
    while (!over.signal.aborted && promotedAt === undefined) {
      if ((await redis.findPrimary().catch(() => primary)) !== primary) promotedAt = Date.now();
      await delay(50);
    }
  })();
  primary.pause();
  try {
    await delay(hold * 1000);
  } finally {
    primary.resume();
  }
  const to = Date.now();
  // A failover that has begun comes to its end.
  await delay(1_000);
  await redis.awaitSteady();
  over.abort();
  await watching;
  scene.faults.push(
    promotedAt === undefined ? { kind: 'redis', from, to } : { kind: 'failover', from, to: promotedAt },
  );
}

async function failOver(scene: ReplicaScene): Promise<void> {
  const { redis } = scene;
  const primary = await redis.findPrimary();
  await noted(scene, { kind: 'failover' }, async () => {
    await redis.failOver();
    await redis.awaitAnother(primary);
  });
}

function withoutKafka(
  scene: ReplicaScene,
  how: 'kill' | 'halt',
  nodes: readonly Broker[],
  during: () => Promise<unknown>,
): Promise<void> {
  return noted(scene, { kind: 'kafka' }, () => (how === 'kill' ? killBrokers : haltBrokers)(nodes, during));
}

async function killController(scene: ReplicaScene, hold: number): Promise<void> {
  await withoutKafka(scene, 'kill', [await scene.cluster.findController()], () => delay(hold * 1000));
}

async function sufferOutage(
  scene: ReplicaScene,
  { meanwhile, replica, hold }: Extract<ReplicaFault, { kind: 'outage' }>,
): Promise<void> {
  await delay(hold * 500);
  if (meanwhile === 'kill-replica') await killReplica(scene, replica, 0);
  if (meanwhile === 'kill-redis') await killRedis(scene, 0);
  await delay(hold * 500);
}

async function killInDrain(
  scene: ReplicaScene,
  { replica, hold }: Extract<ReplicaFault, { kind: 'kill-in-drain' }>,
): Promise<void> {
  let drains = async (): Promise<boolean> => false;
  await withoutKafka(scene, 'halt', scene.cluster.nodes, async () => {
    await delay(hold * 1000);
    drains = await watchNotes(siteOf(scene, replica).spool);
  });
  await until(60, 'the spool to be drained', () => drains(), 1);
  await killReplica(scene, replica, 0);
}

function awaitReady({ proxy, sites }: Pick<ReplicaScene, 'proxy' | 'sites'>): Promise<void> {
  return until(90, 'all replicas to be ready', () => proxy.ready().length === sites.length, 20);
}
