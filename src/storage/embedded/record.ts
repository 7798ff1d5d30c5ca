import type { KafkaRecord } from '../../core/model.js';
import type { StoredRecord } from '../../publish/read.js';
import { type Frame, type Framing, sealFrame } from '../disk/frame.js';

export interface Timed {
  readonly record: KafkaRecord;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

const empty = Buffer.alloc(0);
/** A buffer larger than this isn't kept. */
const keptBytes = 4 * 1024 * 1024;

/**
 * Writes records as frames, one behind the other, into a buffer that it uses again and again. A body: length of the facts
 * (4 bytes, big-endian), the facts as JSON, the value as it is.
 */
export class Encoder {
  #buffer: Buffer = empty;

  /** Valid until the next call. The first record has the number `first`. */
  encode(records: readonly Timed[], first: number, framing: Framing): Buffer {
    let end = 0;
    records.forEach(({ record: { key, headers, value }, timestamp }, index) => {
      const facts = JSON.stringify({ key, headers, timestamp });
      // A UTF-16 unit has at most 3 bytes in UTF-8.
      this.#reserve(end, framing.head + 4 + facts.length * 3 + value.length);
      const start = end;
      const body = start + framing.head;
      const length = this.#buffer.write(facts, body + 4, 'utf8');
      this.#buffer.writeUInt32BE(length, body);
      end = body + 4 + length + value.copy(this.#buffer, body + 4 + length);
      sealFrame(this.#buffer, start, end, first + index, framing);
    });
    const bytes = this.#buffer.subarray(0, end);
    if (this.#buffer.length > keptBytes) this.#buffer = empty;
    return bytes;
  }

  #reserve(used: number, more: number): void {
    if (used + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(64 * 1024, 2 * (used + more)));
    this.#buffer.copy(larger, 0, 0, used);
    this.#buffer = larger;
  }
}

export function decodeRecord(topic: string, partition: number, { number, body }: Frame): StoredRecord {
  const end = 4 + body.readUInt32BE(0);
  // The frame's checksum has shown that these are the bytes which the encoder wrote.
  const facts: Pick<StoredRecord, 'key' | 'headers' | 'timestamp'> = JSON.parse(body.toString('utf8', 4, end));
  return { topic, partition, offset: BigInt(number), ...facts, value: Buffer.from(body.subarray(end)) };
}
