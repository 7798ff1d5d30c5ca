import { hash } from 'node:crypto';
import type { Placement, Spooled } from '../model.js';

/**
 * What the files of the dedupe window and of the claims are made of: entries of one size, so that a reader finds the next
 * whole one behind a damaged one. Numbers are little-endian.
 *
 *   0 magic · 1 kind · 2 topic (5) · 7 key (16) · 23 partition (4) · 27 offset (8) · 35 CRC-32 of all before (4) · 39 end
 *
 * A claim and its release have their mark (12) at 23; a time has age and date, two doubles, at 7. The end is there for what
 * a crash tears: an entry that lacks its last bytes must not be made whole by the first bytes of the next, which would then
 * be lost.
 */
export const entrySize = 40;
export const kinds = { event: 1, time: 2, turn: 3, claim: 4, release: 5 } as const;
export type Kind = (typeof kinds)[keyof typeof kinds];

export const keyLength = 16;
export const markLength = 12;
const magic = 0xd5;
const end = 0x2a;
const topicAt = 2;
const topicLength = 5;
const keyAt = 7;
const tailAt = 23;
const offsetAt = 27;
const crcAt = 35;
const endAt = 39;
const spooledPartition = 0xffff_ffff;

/** The passage of time; see `startAge` in window.ts. Milliseconds both. */
export interface Time {
  readonly age: number;
  readonly date: number;
}

/** Names an event of an endpoint: 16 bytes as a Latin-1 text, which maps take. Names of endpoints have no control characters. */
export function hashEvent(endpoint: string, id: string): string {
  return hash('sha256', `${endpoint}\0${id}`, 'binary').slice(0, keyLength);
}

/** Names a topic in 40 bits. */
export function hashTopic(topic: string): number {
  return Number.parseInt(hash('sha256', topic).slice(0, 2 * topicLength), 16);
}

/** Writes an event at `at`. */
export function writeEvent(into: Buffer, at: number, key: string, topic: number, placement: Placement | Spooled): void {
  const spooled = 'spooled' in placement;
  into.writeUIntLE(topic, at + topicAt, topicLength);
  into.write(key, at + keyAt, keyLength, 'latin1');
  into.writeUInt32LE(spooled ? spooledPartition : placement.partition, at + tailAt);
  into.writeBigInt64LE(spooled ? 0n : placement.offset, at + offsetAt);
  seal(into, at, kinds.event);
}

export function writeTime(into: Buffer, at: number, { age, date }: Time): void {
  into.fill(0, at, at + entrySize);
  into.writeDoubleLE(age, at + keyAt);
  into.writeDoubleLE(date, at + keyAt + 8);
  seal(into, at, kinds.time);
}

export function writeMark(into: Buffer, at: number, kind: Kind, key: string, mark: string): void {
  into.fill(0, at, at + keyAt);
  into.write(key, at + keyAt, keyLength, 'latin1');
  into.write(mark, at + tailAt, markLength, 'latin1');
  seal(into, at, kind);
}

/** Says that the next file goes on. */
export function encodeTurn(): Buffer {
  const bytes = Buffer.alloc(entrySize);
  seal(bytes, 0, kinds.turn);
  return bytes;
}

export function readKind(from: Buffer, at: number): number | undefined {
  return from[at + 1];
}

export function readKey(from: Buffer, at: number): string {
  return from.toString('latin1', at + keyAt, at + keyAt + keyLength);
}

export function readMark(from: Buffer, at: number): string {
  return from.toString('latin1', at + tailAt, at + tailAt + markLength);
}

export function readTime(from: Buffer, at: number): Time {
  return { age: from.readDoubleLE(at + keyAt), date: from.readDoubleLE(at + keyAt + 8) };
}

/** Where an event lies; undefined where nobody knows its topic's name. */
export function readPlacement(
  from: Buffer,
  at: number,
  nameTopic: (topic: number) => string | undefined,
): Placement | Spooled | undefined {
  const topic = nameTopic(from.readUIntLE(at + topicAt, topicLength));
  if (topic === undefined) return undefined;
  const partition = from.readUInt32LE(at + tailAt);
  if (partition === spooledPartition) return { topic, spooled: true };
  return { topic, partition, offset: from.readBigInt64LE(at + offsetAt) };
}

/** Whether an undamaged entry lies at `at`, wholly within the buffer. */
export function isEntry(from: Buffer, at: number): boolean {
  return (
    from[at] === magic && from[at + endAt] === end && checksum(from, at, at + crcAt) === from.readUInt32LE(at + crcAt)
  );
}

/**
 * Calls `visit` with the place of every whole entry, until it returns false; says how many bytes are done with, and how
 * many of them were damaged. The rest is shorter than an entry, unless `visit` ended it.
 */
export function readEntries(
  from: Buffer,
  visit: (at: number) => boolean,
): { readonly done: number; readonly damaged: number } {
  let at = 0;
  let damaged = 0;
  while (at + entrySize <= from.length) {
    if (isEntry(from, at)) {
      const more = visit(at);
      at += entrySize;
      if (!more) break;
    } else {
      const found = from.indexOf(magic, at + 1);
      const next = found < 0 ? from.length : found;
      damaged += next - at;
      at = next;
    }
  }
  return { done: at, damaged };
}

function seal(into: Buffer, at: number, kind: Kind): void {
  into[at] = magic;
  into[at + 1] = kind;
  into.writeUInt32LE(checksum(into, at, at + crcAt), at + crcAt);
  into[at + endAt] = end;
}

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

/** CRC-32 as zlib's; on 36 bytes this is quicker than the way to zlib. */
function checksum(bytes: Buffer, start: number, end: number): number {
  let crc = -1;
  for (let at = start; at < end; at++) crc = (crcTable[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}
