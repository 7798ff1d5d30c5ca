import { setTimeout as delay } from 'node:timers/promises';
import { realFiles } from '../../src/storage/disk/files.js';
import { askForRetry, listLanes, listParked } from '../../src/storage/spool/inspect.js';
import { allowWritingAgain, denyWriting } from '../support/kafka/acls.js';
import { findTopicId } from '../support/kafka/protocol.js';
import { addPartitions, configureTopic, deleteTopic } from '../support/kafka/topics.js';
import { haltBrokers } from './broker-faults.js';
import { doomedTopic, eventTopics } from './events.js';
import type { Scene } from './scene.js';
import type { Fault } from './schedule.js';
import { until } from './wait.js';

/** Kafka's default. */
const usualSize = 1_048_588;

/** Keys move to other partitions, at different moments for different workers. */
export async function addPartition({ cluster }: Scene, index: number): Promise<void> {
  const topic = nameTopic(index);
  const { administer } = cluster;
  const count = await administer(async (admin) => (await admin.fetchTopicOffsets(topic)).length);
  await administer(async (admin) => {
    // An attempt whose answer was lost may have done it.
    if ((await admin.fetchTopicOffsets(topic)).length === count) await addPartitions(admin, topic, count + 1);
  });
}

/**
 * Deletes the topic under the gateway, which makes it anew. What was acknowledged into it is gone with it: whatever is sent
 * after no broker has it any more must be in the new one.
 */
export async function deleteTheDoomed(scene: Scene): Promise<void> {
  const { cluster, deletions } = scene;
  const port = cluster.nodes[0]?.port ?? 0;
  const id = await findTopicId(port, doomedTopic);
  if (id === undefined) throw new Error(`there is no ${doomedTopic} to delete`);
  await cluster.administer(async (admin) => {
    if ((await findTopicId(port, doomedTopic)) === id) await deleteTopic(admin, doomedTopic);
  });
  await cluster.awaitGone(doomedTopic, id);
  deletions.push({ topic: doomedTopic, goneAt: Date.now() });
  await until(120, 'the gateway to make the deleted topic anew', async () =>
    Boolean(await findTopicId(port, doomedTopic)),
  );
  await awaitLane(scene, doomedTopic);
}

/** The topic takes small batches only; a short halt in the middle has records in the spool that it then refuses. */
export async function limitSize(
  scene: Scene,
  { topic: index, bytes, hold }: Extract<Fault, { kind: 'limit-size' }>,
): Promise<void> {
  const topic = nameTopic(index);
  const { administer, nodes } = scene.cluster;
  const limit = (size: number) =>
    administer((admin) => configureTopic(admin, topic, { 'max.message.bytes': String(size) }));
  await limit(bytes);
  try {
    await delay(hold * 300);
    await haltBrokers(nodes, () => delay(4_000));
    await delay(hold * 700);
  } finally {
    await limit(usualSize);
  }
  await awaitLane(scene, topic);
  await retryParked(scene);
}

/** As an operator does when the cause is mended. Order is not promised to what was parked. */
async function retryParked({ spool, parked, say }: Scene): Promise<void> {
  const ids: string[] = [];
  for await (const { record } of listParked(realFiles, spool)) ids.push(record.headers.ce_id ?? '');
  for (const id of ids) parked.add(id);
  say(`${ids.length} parked, to be sent again`);
  if (ids.length === 0) return;
  await askForRetry(realFiles, spool);
  await until(120, 'parked records to be sent again', async () => {
    for await (const _ of listParked(realFiles, spool)) return false;
    return true;
  });
}

export async function forbidWriting(
  scene: Scene,
  { topic: index, hold }: Extract<Fault, { kind: 'forbid-writing' }>,
): Promise<void> {
  const topic = nameTopic(index);
  const { administer } = scene.cluster;
  await administer((admin) => denyWriting(admin, topic));
  try {
    await delay(hold * 1000);
  } finally {
    await administer((admin) => allowWritingAgain(admin, topic));
  }
  await awaitLane(scene, topic);
}

/** Resolves when nothing waits in the spool for the topic. */
async function awaitLane({ spool }: Scene, topic: string): Promise<void> {
  await until(180, `the lane of ${topic} to be drained`, async () =>
    (await listLanes(realFiles, spool)).every((lane) => lane.topic !== topic),
  );
}

function nameTopic(index: number): string {
  return eventTopics[index] ?? doomedTopic;
}
