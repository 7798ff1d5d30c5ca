import { readWhole } from './cursor.js';
import { brokerLimit, type PartitionAnswer, type PartitionBatch, type ProduceAnswer } from './messages.js';

const allInSync = -1;
/** The log's start is in the answer from this version on. */
const withLogStart = 5;

/**
 * The body of a Produce request of version 3 to 7, in pieces. Source: https://kafka.apache.org/protocol#The_Messages_Produce.
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
export function decodeProduce(body: Buffer, version: number): ProduceAnswer {
  return readWhole(body, (cursor) => {
    const topics = new Map<string, PartitionAnswer[]>();
    cursor.readList(() => {
      const topic = cursor.readText();
      const partitions = topics.get(topic) ?? [];
      topics.set(topic, partitions);
      cursor.readList(() => {
        const partition = cursor.readInt32();
        partitions[partition] = { code: cursor.readInt16(), offset: cursor.readInt64() };
        // When it was appended, and where the log starts.
        cursor.skip(version < withLogStart ? 8 : 16);
      });
    });
    return { topics, throttle: cursor.readInt32() };
  });
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
