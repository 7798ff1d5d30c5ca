import { describeFault } from '../faults.js';
import { Cursor } from './cursor.js';
import { brokerLimit, type PartitionAnswer, type PartitionBatch, type ProduceAnswer } from './transport.js';

/** Of Produce. */
export const produceKey = 0;
/** The newest that Kafka 2.1 has; newer ones add nothing that is of use here. */
export const produceVersion = 7;
const allInSync = -1;
/** The log's start is in the answer from this version on. */
const withLogStart = 5;

/**
 * The body of a Produce request of version 3 to 7, in pieces. Both libraries have one of their own that encodes record by
 * record, and makes the error of one partition the error of all. Source: https://kafka.apache.org/protocol#The_Messages_Produce.
 */
export function encodeProduce(batches: readonly PartitionBatch[]): Buffer[] {
  const byTopic = groupByTopic(batches);
  const head = Buffer.allocUnsafe(12);
  // No transactional id.
  head.writeInt16BE(-1, 0);
  head.writeInt16BE(allInSync, 2);
  head.writeInt32BE(brokerLimit, 4);
  head.writeInt32BE(byTopic.size, 8);
  const pieces: Buffer[] = [head];
  for (const [topic, group] of byTopic) {
    const name = Buffer.from(topic);
    const intro = Buffer.allocUnsafe(2 + name.length + 4);
    intro.writeInt16BE(name.length, 0);
    name.copy(intro, 2);
    intro.writeInt32BE(group.length, 2 + name.length);
    pieces.push(intro);
    for (const { partition, bytes } of group) {
      const start = Buffer.allocUnsafe(8);
      start.writeInt32BE(partition, 0);
      start.writeInt32BE(bytes.length, 4);
      pieces.push(start, bytes);
    }
  }
  return pieces;
}

/** The body of the answer. Throws a `PublishError` if it is not whole. */
export function decodeProduce(body: Buffer, version = produceVersion): ProduceAnswer {
  const cursor = new Cursor(body);
  const topics = new Map<string, PartitionAnswer[]>();
  try {
    for (let count = cursor.readInt32(); count > 0; count--) {
      const topic = cursor.readText();
      const partitions = topics.get(topic) ?? [];
      topics.set(topic, partitions);
      for (let rest = cursor.readInt32(); rest > 0; rest--) {
        const partition = cursor.readInt32();
        partitions[partition] = { code: cursor.readInt16(), offset: cursor.readInt64() };
        // When it was appended, and where the log starts.
        cursor.skip(version < withLogStart ? 8 : 16);
      }
    }
    return { topics, throttle: cursor.readInt32() };
  } catch (error) {
    throw describeFault('UNEXPECTED', 'a broker gave an answer that is not whole', '', error);
  }
}

function groupByTopic(batches: readonly PartitionBatch[]): Map<string, PartitionBatch[]> {
  const groups = new Map<string, PartitionBatch[]>();
  for (const batch of batches) {
    const group = groups.get(batch.topic);
    if (group) group.push(batch);
    else groups.set(batch.topic, [batch]);
  }
  return groups;
}
