import type { Cursor } from './cursor.js';
import { brokerLimit, limitName } from './messages.js';
import { Writer } from './writer.js';

/** The kind of resource that a topic is. */
const topicResource = 2;

/** The body of a CreateTopics request of version 2 to 3. */
export function encodeCreateTopics(names: readonly string[], partitions: number, replicationFactor: number): Buffer {
  const writer = new Writer();
  writer.array(names, (name) => {
    // Neither a list of replicas nor settings.
    writer.text(name).int32(partitions).int16(replicationFactor).int32(0).int32(0);
  });
  return writer.int32(brokerLimit).boolean(false).bytes;
}

/** Topic → error code. */
export function readCreateTopics(cursor: Cursor): Map<string, number> {
  cursor.skip(4);
  return new Map(
    cursor.readList(() => {
      const name = cursor.readText();
      const code = cursor.readInt16();
      cursor.readNullableText();
      return [name, code];
    }),
  );
}

/** The body of a DescribeConfigs request of version 1 to 2, for `max.message.bytes`. */
export function encodeDescribeLimits(topics: readonly string[]): Buffer {
  const writer = new Writer();
  writer.array(topics, (topic) => {
    writer
      .int8(topicResource)
      .text(topic)
      .array([limitName], (name) => writer.text(name));
  });
  return writer.boolean(false).bytes;
}

/** Topic → `max.message.bytes`, of those that may be asked. */
export function readDescribeLimits(cursor: Cursor): Map<string, number> {
  const limits = new Map<string, number>();
  cursor.skip(4);
  cursor.readList(() => {
    cursor.skip(2);
    cursor.readNullableText();
    cursor.skip(1);
    const topic = cursor.readText();
    cursor.readList(() => {
      const name = cursor.readText();
      const value = cursor.readNullableText();
      // Read-only, its source, sensitive.
      cursor.skip(3);
      cursor.readList(() => {
        cursor.readText();
        cursor.readNullableText();
        cursor.skip(1);
      });
      if (name === limitName && value !== undefined) limits.set(topic, Number(value));
    });
  });
  return limits;
}
