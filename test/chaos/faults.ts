import { setTimeout as delay } from 'node:timers/promises';
import { haltBrokers, killBrokers, missReplicas, sufferOutage } from './broker-faults.js';
import { topics } from './events.js';
import { failDisk } from './fail-disk.js';
import { loseFolder, unmountSpool } from './folder-faults.js';
import { crash, hangWorker, withFullDisk } from './gateway-faults.js';
import { awaitProgress, type Scene } from './scene.js';
import type { Fault } from './schedule.js';
import { startSecond } from './second-gateway.js';
import { killInDrain, restart, stopInOutage } from './stop-faults.js';
import { addPartition, deleteTheDoomed, forbidWriting, limitSize } from './topic-faults.js';

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
    case 'hang-worker':
      return hangWorker(scene, fault.worker);
    case 'kill-broker':
      return killBrokers(cluster.nodes.slice(fault.broker, fault.broker + 1), () => delay(fault.hold * 1000));
    case 'kill-controller':
      return killBrokers([await cluster.findController()], () => delay(fault.hold * 1000));
    case 'halt-broker':
      return haltBrokers(cluster.nodes.slice(fault.broker, fault.broker + 1), () => delay(fault.hold * 1000));
    case 'miss-replicas':
      return missReplicas(scene, fault.broker, fault.hold);
    case 'move-leaders':
      return cluster.moveLeaders(topics, fault.shift);
    case 'skew-clock':
      sender.skew = fault.seconds;
      return;
    case 'outage':
      return sufferOutage(scene, { ...fault, meanwhile: fault.crash === 'none' ? 'nothing' : 'crash' }, async () => {
        if (fault.crash !== 'none') await crash(scene, fault.crash);
      });
    case 'fill-disk':
      return haltBrokers(cluster.nodes, () => withFullDisk(scene.spool, fault.hold * 500));
    case 'add-partition':
      return addPartition(scene, fault.topic);
    case 'delete-topic':
      return deleteTheDoomed(scene);
    case 'limit-size':
      return limitSize(scene, fault);
    case 'forbid-writing':
      return forbidWriting(scene, fault);
    case 'second-gateway':
      return startSecond(scene, fault);
    case 'lose-folder':
      return loseFolder(scene, fault);
    case 'unmount':
      return unmountSpool(scene, fault);
    case 'fail-disk':
      return failDisk(scene, fault);
    case 'restart':
      return restart(scene);
    case 'stop-in-outage':
      return stopInOutage(scene, fault);
    case 'kill-in-drain':
      return killInDrain(scene, fault);
  }
}
