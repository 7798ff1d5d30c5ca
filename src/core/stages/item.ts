import { hash } from 'node:crypto';
import type { Item, ItemPlace } from '../model.js';

/** One event's part of a delivery. `exact` makes its value with exact numbers; absent: it has none. */
export function createItem({ index, pointer }: ItemPlace, value: unknown, bytes: Buffer, exact?: () => unknown): Item {
  return new BodyPart(index, pointer, value, bytes, exact);
}

class BodyPart implements Item {
  readonly index: number;
  readonly pointer: string;
  readonly value: unknown;
  readonly bytes: Buffer;
  #digest: string | undefined;
  #exact: unknown;
  #makeExact: (() => unknown) | undefined;

  constructor(index: number, pointer: string, value: unknown, bytes: Buffer, exact: (() => unknown) | undefined) {
    this.index = index;
    this.pointer = pointer;
    this.value = value;
    this.bytes = bytes;
    this.#exact = value;
    this.#makeExact = exact;
  }

  /** Once for all rules. */
  get exact(): unknown {
    if (this.#makeExact !== undefined) {
      this.#exact = this.#makeExact();
      this.#makeExact = undefined;
    }
    return this.#exact;
  }

  /** Once for the record's header, the dedupe window and the rules. */
  get digest(): string {
    this.#digest ??= hash('sha256', this.bytes, 'base64');
    return this.#digest;
  }
}
