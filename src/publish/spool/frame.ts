import { crc32 } from 'node:zlib';

/**
 * How a record lies in a journal: 4 bytes magic, 4 bytes length of the body, 4 bytes CRC-32 over number and body, 8 bytes
 * number, the body. All big-endian.
 */
const magic = 0x77685370;
export const frameHead = 20;
/** Longer bodies don't exist; a length above it is damage. */
const longestBody = 64 * 1024 * 1024;

export interface Frame {
  readonly number: number;
  readonly body: Buffer;
}

export function encodeFrame(number: number, body: Buffer): Buffer {
  const head = Buffer.allocUnsafe(frameHead);
  head.writeUInt32BE(magic, 0);
  head.writeUInt32BE(body.length, 4);
  head.writeBigUInt64BE(BigInt(number), 12);
  head.writeUInt32BE(crc32(body, crc32(head.subarray(12))), 8);
  return Buffer.concat([head, body]);
}

/**
 * The frame at `offset`: the frame; `'more'` where the buffer ends before the frame does; `'damaged'` where there is none.
 */
export function decodeFrame(buffer: Buffer, offset: number): Frame | 'more' | 'damaged' {
  const left = buffer.length - offset;
  if (left < frameHead) return 'more';
  if (buffer.readUInt32BE(offset) !== magic) return 'damaged';
  const length = buffer.readUInt32BE(offset + 4);
  if (length > longestBody) return 'damaged';
  if (left < frameHead + length) return 'more';
  const end = offset + frameHead + length;
  if (crc32(buffer.subarray(offset + 12, end)) !== buffer.readUInt32BE(offset + 8)) return 'damaged';
  return { number: Number(buffer.readBigUInt64BE(offset + 12)), body: buffer.subarray(offset + frameHead, end) };
}

/** Where the next frame could begin after `offset`; -1 if nowhere. */
export function findMagic(buffer: Buffer, offset: number): number {
  return buffer.indexOf(magicBytes, offset);
}

const magicBytes = Buffer.alloc(4);
magicBytes.writeUInt32BE(magic);
