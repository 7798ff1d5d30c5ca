import { hash } from 'node:crypto';
import type { Item, ItemPlace } from '../model.js';

/** One event's part of a delivery. */
export function createItem({ index, pointer }: ItemPlace, value: unknown, bytes: Buffer): Item {
  return new BodyPart(index, pointer, value, bytes);
}

class BodyPart implements Item {
  readonly index: number;
  readonly pointer: string;
  readonly value: unknown;
  readonly bytes: Buffer;
  #digest: string | undefined;

  constructor(index: number, pointer: string, value: unknown, bytes: Buffer) {
    this.index = index;
    this.pointer = pointer;
    this.value = value;
    this.bytes = bytes;
  }

  /** Once for the record's header, the dedupe window and the rules. */
  get digest(): string {
    this.#digest ??= hash('sha256', this.bytes, 'base64');
    return this.#digest;
  }
}
