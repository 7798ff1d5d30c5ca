import type { Cursor } from './cursor.js';
import type { Metadata, Rights, TopicMetadata } from './messages.js';
import { Writer } from './writer.js';

/** As often as a topic can have partitions; a list is made with a place for each. */
const MAX_PARTITION = 1_000_000;
const noId = '0'.repeat(32);

/** The body of a Metadata request of version 5 or 6. No topics: none. No topic may be created. */
export function encodeMetadata(topics: readonly string[]): Buffer {
  const writer = new Writer();
  return writer.array(topics, (topic) => writer.text(topic)).boolean(false).bytes;
}

/** The answer of version 5 or 6. */
export function readMetadata(cursor: Cursor): Metadata {
  cursor.skip(4);
  const brokers = cursor.readList(() => {
    const broker = { nodeId: cursor.readInt32(), host: cursor.readText(), port: cursor.readInt32() };
    cursor.readNullableText();
    return broker;
  });
  cursor.readNullableText();
  const controllerId = cursor.readInt32();
  const topics = cursor.readList((): TopicMetadata => {
    const code = cursor.readInt16();
    const name = cursor.readText();
    cursor.skip(1);
    const leaders = cursor.readList(() => {
      cursor.skip(2);
      const leader = readLeader(cursor);
      for (let list = 0; list < 3; list++) cursor.readList(() => cursor.skip(4));
      return leader;
    });
    return { name, code, leaders };
  });
  return { brokers, controllerId, topics };
}

/** The tags of its header and the body of a Metadata request of version 10. `rights`: what the user may do is asked for, too. */
export function encodeMetadataWithIds(topics: readonly string[], rights = false): Buffer {
  const writer = new Writer().noTags();
  writer.compactArray(topics, (topic) => writer.raw(Buffer.alloc(16)).compactText(topic).noTags());
  return writer.boolean(false).boolean(rights).boolean(rights).noTags().bytes;
}

/** The answer of version 10. */
export function readMetadataWithIds(cursor: Cursor): Metadata & Rights {
  cursor.skipTags();
  cursor.skip(4);
  const brokers = cursor.readArray(() => {
    const broker = { nodeId: cursor.readInt32(), host: cursor.readCompactText() ?? '', port: cursor.readInt32() };
    cursor.readCompactText();
    cursor.skipTags();
    return broker;
  });
  cursor.readCompactText();
  const controllerId = cursor.readInt32();
  const ofTopics = new Map<string, number>();
  const topics = cursor.readArray(() => {
    const topic = readTopic(cursor);
    ofTopics.set(topic.name, cursor.readInt32());
    cursor.skipTags();
    return topic;
  });
  return { brokers, controllerId, topics, ofTopics, ofCluster: cursor.readInt32() };
}

function readTopic(cursor: Cursor): TopicMetadata {
  const code = cursor.readInt16();
  const name = cursor.readCompactText() ?? '';
  const id = cursor.readHex(16);
  cursor.skip(1);
  const leaders = cursor.readArray(() => {
    cursor.skip(2);
    const leader = readLeader(cursor);
    cursor.skip(4);
    for (let list = 0; list < 3; list++) cursor.readArray(() => cursor.skip(4));
    cursor.skipTags();
    return leader;
  });
  return { name, code, leaders, ...(id !== noId && { id }) };
}

function readLeader(cursor: Cursor): readonly [partition: number, leader: number] {
  const partition = cursor.readInt32();
  if (partition < 0 || partition > MAX_PARTITION) throw new RangeError(`partition ${partition}`);
  return [partition, cursor.readInt32()];
}
