import { describeFault } from '../faults.js';
import type { Metadata, TopicMetadata } from '../wire/library.js';

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
      const broker = { nodeId: cursor.readInt32(), host: cursor.readText() ?? '', port: cursor.readInt32() };
      cursor.readText();
      cursor.skipTags();
      return broker;
    });
    cursor.readText();
    const controllerId = cursor.readInt32();
    return { brokers, controllerId, topics: cursor.readArray(() => readTopic(cursor)) };
  } catch (error) {
    throw describeFault('UNEXPECTED', 'a broker gave an answer that is not whole', '', error);
  }
}

function readTopic(cursor: Cursor): TopicMetadata {
  const code = cursor.readInt16();
  const name = cursor.readText() ?? '';
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

class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  readInt16(): number {
    return this.#bytes.readInt16BE(this.skip(2));
  }

  readInt32(): number {
    return this.#bytes.readInt32BE(this.skip(4));
  }

  readHex(length: number): string {
    return this.#bytes.toString('hex', this.skip(length), this.#at);
  }

  readText(): string | undefined {
    const length = this.#readVarint() - 1;
    return length < 0 ? undefined : this.#bytes.toString('utf8', this.skip(length), this.#at);
  }

  readArray<Item>(read: () => Item): Item[] {
    const items: Item[] = [];
    for (let count = this.#readVarint() - 1; count > 0; count--) items.push(read());
    return items;
  }

  skipTags(): void {
    for (let count = this.#readVarint(); count > 0; count--) {
      this.#readVarint();
      this.skip(this.#readVarint());
    }
  }

  /** Returns where it was. */
  skip(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    if (this.#at > this.#bytes.length) throw new RangeError('the end of the answer');
    return at;
  }

  #readVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 32; shift += 7) {
      const byte = this.#bytes.readUInt8(this.skip(1));
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('no number');
  }
}
