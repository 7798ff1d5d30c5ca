import { crc32 } from 'node:zlib';
import { largestBody, PublishError } from '../../core/model.js';

/**
 * How a record lies in a file, all big-endian: 4 bytes magic, 4 bytes length of the body, 4 bytes check of the length, 4 bytes
 * CRC-32 over number and body, 8 bytes number, the body. Check and CRC begin with the seed of the file, which no sender of a
 * record can know: where a frame is torn or damaged, nothing in its body passes for a frame. With the check, a frame that
 * a crash has cut off is told from one whose length is damaged.
 */
const magic = 0x77685370;
export const frameHead = 24;
/** Before files had a first line there was no check. */
const oldFrameHead = 20;
/**
 * A longer body is refused when it is written, since a reader takes its length for damage. A webhook at the limit fits:
 * around it there are headers, and what a route makes of it may be longer.
 */
export const longestBody = 2 * largestBody;
const high = 2 ** 32;

/** How the frames of a file are written. */
export interface Framing {
  readonly seed: number;
  /** Bytes before the body. */
  readonly head: typeof frameHead | typeof oldFrameHead;
}

export function framingOf(seedText: string): Framing {
  return { seed: crc32(seedText), head: frameHead };
}

/** Of a file without a first line. */
export function oldFraming(fileName: string): Framing {
  return { seed: crc32(fileName), head: oldFrameHead };
}

export interface Frame {
  readonly number: number;
  readonly body: Buffer;
}

export function encodeFrame(number: number, body: Buffer, framing: Framing): Buffer {
  const frame = Buffer.allocUnsafe(framing.head + body.length);
  body.copy(frame, framing.head);
  sealFrame(frame, 0, frame.length, number, framing);
  return frame;
}

/** Makes a frame of a body that lies in `into` from `start + head` to `end`. */
export function sealFrame(into: Buffer, start: number, end: number, number: number, { seed, head }: Framing): void {
  const length = end - start - head;
  refuseLonger(length);
  const summed = start + head - 8;
  into.writeUInt32BE(magic, start);
  into.writeUInt32BE(length, start + 4);
  if (head === frameHead) into.writeUInt32BE(checkOf(length, seed), start + 8);
  into.writeUInt32BE(Math.floor(number / high), summed);
  into.writeUInt32BE(number % high, summed + 4);
  into.writeUInt32BE(crc32(into.subarray(summed, end), seed), summed - 4);
}

/** Throws a `PublishError` where a body is longer than a frame may have. */
export function refuseLonger(length: number): void {
  if (length <= longestBody) return;
  const message = `a record of ${length} bytes cannot be kept: ${longestBody} are the most`;
  throw new PublishError('refused', 'RECORD_TOO_LARGE', message);
}

/** No two lengths have the same. */
function checkOf(length: number, seed: number): number {
  return (Math.imul(length, 0x9e3779b1) ^ seed) >>> 0;
}

/**
 * The frame at `offset`: the frame; `'more'` where the buffer ends before the frame does; `'damaged'` where there is none.
 */
export function decodeFrame(buffer: Buffer, offset: number, { seed, head }: Framing): Frame | 'more' | 'damaged' {
  const left = buffer.length - offset;
  if (left < head) return beginsWithFrame(buffer.subarray(offset)) ? 'more' : 'damaged';
  if (buffer.readUInt32BE(offset) !== magic) return 'damaged';
  const length = buffer.readUInt32BE(offset + 4);
  if (length > longestBody) return 'damaged';
  if (head === frameHead && buffer.readUInt32BE(offset + 8) !== checkOf(length, seed)) return 'damaged';
  if (left < head + length) return 'more';
  const end = offset + head + length;
  const summed = offset + head - 8;
  if (crc32(buffer.subarray(summed, end), seed) !== buffer.readUInt32BE(summed - 4)) return 'damaged';
  return { number: Number(buffer.readBigUInt64BE(summed)), body: buffer.subarray(offset + head, end) };
}

/** Where the next frame could begin after `offset`; -1 if nowhere. */
export function findMagic(buffer: Buffer, offset: number): number {
  return buffer.indexOf(magicBytes, offset);
}

/** True where these bytes could be the beginning of a frame. A file without a first line begins so. */
export function beginsWithFrame(bytes: Buffer): boolean {
  return magicBytes.subarray(0, bytes.length).equals(bytes.subarray(0, magicBytes.length));
}

const magicBytes = Buffer.alloc(4);
magicBytes.writeUInt32BE(magic);
