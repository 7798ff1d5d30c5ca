import { execFileSync } from 'node:child_process';
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from '../support/kafka/broker.js';
import { topics } from './events.js';
import { awaitProgress, type Scene } from './scene.js';
import type { Crash, Fault } from './schedule.js';

/** Resolves when the fault is over, every replica is in sync and the gateway takes events. */
export async function inflict(scene: Scene, fault: Fault): Promise<void> {
  await disturb(scene, fault);
  await scene.cluster.awaitInSync(topics);
  await awaitProgress(scene);
}

async function disturb(scene: Scene, fault: Fault): Promise<void> {
  const { cluster, sender } = scene;
  switch (fault.kind) {
    case 'kill-gateway':
      return crash(scene, 'gateway');
    case 'kill-worker':
      return crash(scene, 'worker', fault.worker);
    case 'kill-broker':
      return killBrokers(cluster.nodes.slice(fault.broker, fault.broker + 1), () => delay(fault.hold * 1000));
    case 'kill-controller':
      return killBrokers([await cluster.findController()], () => delay(fault.hold * 1000));
    case 'halt-broker':
      return haltBrokers(cluster.nodes.slice(fault.broker, fault.broker + 1), () => delay(fault.hold * 1000));
    case 'move-leaders':
      return cluster.moveLeaders(topics, fault.shift);
    case 'skew-clock':
      sender.skew = fault.seconds;
      return;
    case 'outage': {
      const during = () => suffer(scene, fault.crash, fault.hold * 500);
      return fault.how === 'kill' ? killBrokers(cluster.nodes, during) : haltBrokers(cluster.nodes, during);
    }
    case 'fill-disk':
      return haltBrokers(cluster.nodes, () => withFullDisk(scene.spool, fault.hold * 500));
  }
}

async function suffer(scene: Scene, what: Crash['what'] | 'none', half: number): Promise<void> {
  await delay(half);
  if (what !== 'none') await crash(scene, what);
  await delay(half);
}

/** A killed gateway is started again, as a supervisor does; a worker is replaced by the gateway itself. */
export async function crash({ gateway, crashes }: Scene, what: Crash['what'], worker = 0): Promise<void> {
  if (what === 'worker') {
    if (!gateway.killWorker(worker)) throw new Error('the gateway has no workers');
    crashes.push({ at: Date.now(), what });
    return;
  }
  await gateway.kill();
  crashes.push({ at: Date.now(), what });
  await gateway.start();
  await gateway.awaitListening();
}

async function killBrokers(nodes: readonly Broker[], during: () => Promise<unknown>): Promise<void> {
  await Promise.all(nodes.map((node) => node.kill()));
  await during();
  await Promise.all(nodes.map((node) => node.start()));
}

async function haltBrokers(nodes: readonly Broker[], during: () => Promise<unknown>): Promise<void> {
  for (const node of nodes) node.pause();
  await during();
  for (const node of nodes) node.resume();
}

/** There is nothing left on it for the time `half`, then there is again for as long, all of it without Kafka. */
async function withFullDisk(folder: string, half: number): Promise<void> {
  await delay(half / 2);
  const filler = join(folder, 'filler');
  const { bavail, bsize } = await statfs(folder);
  execFileSync('fallocate', ['-l', String(bavail * bsize), filler]);
  await delay(half);
  await rm(filler);
  await delay(half / 2);
}
