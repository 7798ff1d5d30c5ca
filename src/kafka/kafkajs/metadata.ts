import { describeFault } from '../faults.js';
import { Cursor } from '../wire/cursor.js';
import type { Metadata, TopicMetadata } from '../wire/transport.js';

/** The first version of Metadata that tells the ids of topics; Kafka 2.8 has it. kafkajs knows no newer one than 6. */
export const metadataVersion = 10;

const noId = '0'.repeat(32);

/**
 * The body of a Metadata request of version 10, and what its header has at its end. No topics: none. Source:
 * https://kafka.apache.org/protocol#The_Messages_Metadata.
 */
export function encodeMetadata(topics: readonly string[]): Buffer {
  const noTags = Buffer.from([0]);
  const pieces = [noTags, encodeLength(topics.length)];
  for (const topic of topics) {
    const name = Buffer.from(topic);
    pieces.push(Buffer.alloc(16), encodeLength(name.length), name, noTags);
  }
  // No topic may be created, and nobody asks for rights.
  return Buffer.concat([...pieces, Buffer.from([0, 0, 0]), noTags]);
}

/** The answer behind its correlation id. Throws a `PublishError` if it is not whole. */
export function decodeMetadata(body: Buffer): Metadata {
  const cursor = new Cursor(body);
  try {
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
    return { brokers, controllerId, topics: cursor.readArray(() => readTopic(cursor)) };
  } catch (error) {
    throw describeFault('UNEXPECTED', 'a broker gave an answer that is not whole', '', error);
  }
}

function readTopic(cursor: Cursor): TopicMetadata {
  const code = cursor.readInt16();
  const name = cursor.readCompactText() ?? '';
  const id = cursor.readHex(16);
  cursor.skip(1);
  const leaders = cursor.readArray(() => {
    cursor.skip(2);
    const leader: readonly [number, number] = [cursor.readInt32(), cursor.readInt32()];
    cursor.skip(4);
    for (let list = 0; list < 3; list++) cursor.readArray(() => cursor.skip(4));
    cursor.skipTags();
    return leader;
  });
  cursor.skip(4);
  cursor.skipTags();
  return { name, code, leaders, ...(id !== noId && { id }) };
}

/** Of a compact text or array: one more, in 7 bits a byte, the lowest first. */
function encodeLength(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length + 1;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}
