/** Writes a request of Kafka's protocol: https://kafka.apache.org/protocol#protocol_types. */
export class Writer {
  readonly #pieces: Buffer[] = [];

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  int8(value: number): this {
    const piece = Buffer.allocUnsafe(1);
    piece.writeInt8(value);
    return this.raw(piece);
  }

  int16(value: number): this {
    const piece = Buffer.allocUnsafe(2);
    piece.writeInt16BE(value);
    return this.raw(piece);
  }

  int32(value: number): this {
    const piece = Buffer.allocUnsafe(4);
    piece.writeInt32BE(value);
    return this.raw(piece);
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  text(value: string): this {
    const bytes = Buffer.from(value);
    return this.int16(bytes.length).raw(bytes);
  }

  noText(): this {
    return this.int16(-1);
  }

  bytesWithLength(value: Buffer): this {
    return this.int32(value.length).raw(value);
  }

  array<Item>(items: readonly Item[], write: (item: Item) => void): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  compactText(value: string): this {
    const bytes = Buffer.from(value);
    return this.#compactLength(bytes.length).raw(bytes);
  }

  compactArray<Item>(items: readonly Item[], write: (item: Item) => void): this {
    this.#compactLength(items.length);
    for (const item of items) write(item);
    return this;
  }

  noTags(): this {
    return this.int8(0);
  }

  raw(piece: Buffer): this {
    this.#pieces.push(piece);
    return this;
  }

  /** One more than it is, in 7 bits a byte, the lowest first. */
  #compactLength(length: number): this {
    const bytes: number[] = [];
    let rest = length + 1;
    for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
    return this.raw(Buffer.from([...bytes, rest]));
  }
}
