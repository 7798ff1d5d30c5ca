import { PublishError } from '../../core/model.js';
import { describeFault } from '../faults.js';

/** Reads an answer from its front. Throws a `PublishError` if it is not whole. */
export function readWhole<Answer>(bytes: Buffer, read: (cursor: Cursor) => Answer): Answer {
  try {
    return read(new Cursor(bytes));
  } catch (error) {
    if (error instanceof PublishError) throw error;
    throw describeFault('UNEXPECTED', 'a broker gave an answer that is not whole', '', error);
  }
}

/**
 * Reads an answer of Kafka's protocol (https://kafka.apache.org/protocol#protocol_types) from its front. Everything throws a `RangeError` at the end of it.
 */
export class Cursor {
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

  readInt64(): bigint {
    return this.#bytes.readBigInt64BE(this.skip(8));
  }

  /** With its length in front; null is empty. */
  readBytes(): Buffer {
    const length = Math.max(0, this.readInt32());
    return this.#bytes.subarray(this.skip(length), this.#at);
  }

  readHex(length: number): string {
    return this.#bytes.toString('hex', this.skip(length), this.#at);
  }

  readText(): string {
    const length = this.readInt16();
    return this.#bytes.toString('utf8', this.skip(length), this.#at);
  }

  /** Undefined: null. */
  readNullableText(): string | undefined {
    const length = this.readInt16();
    return length < 0 ? undefined : this.#bytes.toString('utf8', this.skip(length), this.#at);
  }

  /** Undefined: null. */
  readCompactText(): string | undefined {
    const length = this.#readVarint() - 1;
    return length < 0 ? undefined : this.#bytes.toString('utf8', this.skip(length), this.#at);
  }

  /** An array that is not compact; null is empty. */
  readList<Item>(read: () => Item): Item[] {
    const items: Item[] = [];
    for (let count = this.readInt32(); count > 0; count--) items.push(read());
    return items;
  }

  /** A compact one. */
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
    // Backwards, an answer could be read for ever.
    if (bytes < 0 || this.#at > this.#bytes.length) throw new RangeError('the end of the answer');
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
