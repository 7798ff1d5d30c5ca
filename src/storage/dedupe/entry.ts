import { hash } from 'node:crypto';
import type { Placement, Spooled } from '../../core/model.js';
import { digestLength, type EventKeys, keyLength } from './keys.js';

/**
 * What the files of the dedupe window and of the claims are made of: entries of one size, so that a reader finds the next
 * whole one behind a damaged one. Numbers are little-endian.
 *
 *   0 magic · 1 kind · 2 topic (5) · 7 key (16) · 23 digest (16) · 39 partition (4) · 43 offset (8)
 *   · 51 CRC-32 of all before (4) · 55 end
 *
 * A file begins with its version (4), at 7. A time has age and date, two doubles, at 7; a claim and its release have their
 * mark (12) at 23; a topic has number and count of the piece (1 each) at 7 and 8, its length at 9 and 32 bytes of its name at
 * 10. The end is there for what a crash tears: an entry that lacks its last bytes must not be made whole by the first bytes of
 * the next, which would then be lost.
 */
export const kinds = { event: 1, time: 2, turn: 3, claim: 4, release: 5, version: 6, topic: 7, eventById: 8 } as const;
export type EntryKind = (typeof kinds)[keyof typeof kinds];

/** The version of the files that this gateway writes, and the last one that it can read. */
export const fileVersion = 2;
const markLength = 12;
const topicAt = 2;
const topicLength = 5;
const keyAt = 7;
const digestAt = keyAt + keyLength;
const markAt = digestAt;
const pieceAt = keyAt + 3;
const pieceLength = 32;
const crcLength = 4;
const spooledPartition = 0xffff_ffff;
const endByte = 0x2a;

/** The passage of time; see `startAge` in window.ts. Milliseconds both. */
export interface Time {
  readonly age: number;
  readonly date: number;
}

/** The size of entries, and the byte by which they are found. */
export class EntryFormat {
  readonly size: number;
  readonly magic: number;
  readonly #crcAt: number;

  constructor(size: number, magic: number) {
    this.size = size;
    this.magic = magic;
    this.#crcAt = size - 1 - crcLength;
  }

  /** Where partition and offset are. */
  get placementAt(): number {
    return this.#crcAt - 12;
  }

  /** Whether an undamaged entry lies at `at`, wholly within the buffer. */
  isEntry(from: Buffer, at: number): boolean {
    const crcAt = at + this.#crcAt;
    return (
      from[at] === this.magic &&
      from[at + this.size - 1] === endByte &&
      checksum(from, at, crcAt) === from.readUInt32LE(crcAt)
    );
  }

  /** Completes an entry whose fields are written. */
  seal(into: Buffer, at: number, kind: EntryKind): void {
    into[at] = this.magic;
    into[at + 1] = kind;
    into.writeUInt32LE(checksum(into, at, at + this.#crcAt), at + this.#crcAt);
    into[at + this.size - 1] = endByte;
  }

  /**
   * Calls `visit` with the place of every whole entry, until it returns false; says how many bytes are done with, and how
   * many of them were damaged. The rest is shorter than an entry, unless `visit` ended it.
   */
  readEntries(from: Buffer, visit: (at: number) => boolean): { readonly done: number; readonly damaged: number } {
    let at = 0;
    let damaged = 0;
    while (at + this.size <= from.length) {
      if (this.isEntry(from, at)) {
        const more = visit(at);
        at += this.size;
        if (!more) break;
      } else {
        const found = from.indexOf(this.magic, at + 1);
        const next = found < 0 ? from.length : found;
        damaged += next - at;
        at = next;
      }
    }
    return { done: at, damaged };
  }
}

export const format = new EntryFormat(56, 0xd6);
/** Of gateways that knew an event by its id alone: no type, no digest, no version. It is read and not written. */
export const formerFormat = new EntryFormat(40, 0xd5);

/** Names a topic in 40 bits. */
export function hashTopic(topic: string): number {
  return Number.parseInt(hash('sha256', topic).slice(0, 2 * topicLength), 16);
}

/** Writes an event at `at`. */
export function writeEvent(
  into: Buffer,
  at: number,
  { id, digest, by }: EventKeys,
  topic: number,
  placement: Placement | Spooled,
): void {
  const spooled = 'spooled' in placement;
  into.writeUIntLE(topic, at + topicAt, topicLength);
  into.write(id, at + keyAt, keyLength, 'latin1');
  // 21 characters are 126 bits: the last byte has two that count for nothing.
  into.write(`${digest}A`, at + digestAt, keyLength, 'base64');
  into.writeUInt32LE(spooled ? spooledPartition : placement.partition, at + format.placementAt);
  into.writeBigInt64LE(spooled ? 0n : placement.offset, at + format.placementAt + 4);
  format.seal(into, at, by === 'id' ? kinds.eventById : kinds.event);
}

export function writeTime(into: Buffer, at: number, { age, date }: Time): void {
  into.fill(0, at, at + format.size);
  into.writeDoubleLE(age, at + keyAt);
  into.writeDoubleLE(date, at + keyAt + 8);
  format.seal(into, at, kinds.time);
}

export function writeMark(into: Buffer, at: number, kind: EntryKind, key: string, mark: string): void {
  into.fill(0, at, at + format.size);
  into.write(key, at + keyAt, keyLength, 'latin1');
  into.write(mark, at + markAt, markLength, 'latin1');
  format.seal(into, at, kind);
}

/** Says that the next file goes on. */
export function encodeTurn(): Buffer {
  const bytes = Buffer.alloc(format.size);
  format.seal(bytes, 0, kinds.turn);
  return bytes;
}

/** What a file begins with. */
export function encodeVersion(): Buffer {
  const bytes = Buffer.alloc(format.size);
  bytes.writeUInt32LE(fileVersion, keyAt);
  format.seal(bytes, 0, kinds.version);
  return bytes;
}

/** The name of a topic, in as many entries as it takes. */
export function encodeTopic(name: string): Buffer {
  const text = Buffer.from(name);
  const count = Math.ceil(text.length / pieceLength);
  const bytes = Buffer.alloc(count * format.size);
  for (let piece = 0; piece < count; piece++) {
    const at = piece * format.size;
    const part = text.subarray(piece * pieceLength, (piece + 1) * pieceLength);
    bytes.writeUIntLE(hashTopic(name), at + topicAt, topicLength);
    bytes.set([piece, count, part.length, ...part], at + keyAt);
    format.seal(bytes, at, kinds.topic);
  }
  return bytes;
}

export interface TopicPiece {
  readonly topic: number;
  readonly piece: number;
  readonly count: number;
  readonly text: Buffer;
}

export function readTopicPiece(from: Buffer, at: number): TopicPiece {
  const [piece = 0, count = 0, length = 0] = from.subarray(at + keyAt);
  return {
    topic: readTopic(from, at),
    piece,
    count,
    text: Buffer.from(from.subarray(at + pieceAt, at + pieceAt + length)),
  };
}

export function readFormatVersion(from: Buffer, at: number): number {
  return from.readUInt32LE(at + keyAt);
}

export function readKind(from: Buffer, at: number): number | undefined {
  return from[at + 1];
}

export function readTopic(from: Buffer, at: number): number {
  return from.readUIntLE(at + topicAt, topicLength);
}

export function readKey(from: Buffer, at: number): string {
  return from.toString('latin1', at + keyAt, at + keyAt + keyLength);
}

export function readDigest(from: Buffer, at: number): string {
  return from.toString('base64', at + digestAt, at + digestAt + keyLength).slice(0, digestLength);
}

export function readMark(from: Buffer, at: number): string {
  return from.toString('latin1', at + markAt, at + markAt + markLength);
}

export function readTime(from: Buffer, at: number): Time {
  return { age: from.readDoubleLE(at + keyAt), date: from.readDoubleLE(at + keyAt + 8) };
}

/** Where an event lies. `at`: of its partition and offset. */
export function readPlacement(from: Buffer, at: number, topic: string): Placement | Spooled {
  const partition = from.readUInt32LE(at);
  if (partition === spooledPartition) return { topic, spooled: true };
  return { topic, partition, offset: from.readBigInt64LE(at + 4) };
}

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

/** CRC-32 as zlib's; on some 50 bytes this is quicker than the way to zlib. */
function checksum(bytes: Buffer, start: number, end: number): number {
  let crc = -1;
  for (let at = start; at < end; at++) crc = (crcTable[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}
