import { crc32 } from 'node:zlib';

/**
 * How a record lies in a file: 4 bytes magic, 4 bytes length of the body, 4 bytes CRC-32 over number and body, 8 bytes
 * number, the body. All big-endian. The CRC begins with the salt of the file, which no sender of a record can know: where a
 * frame is torn or damaged, nothing in its body passes for a frame.
 */
const magic = 0x77685370;
export const frameHead = 20;
/** Longer bodies don't exist; a length above it is damage. */
const longestBody = 64 * 1024 * 1024;
const high = 2 ** 32;

export interface Frame {
  readonly number: number;
  readonly body: Buffer;
}

export function encodeFrame(number: number, body: Buffer, salt: number): Buffer {
  const frame = Buffer.allocUnsafe(frameHead + body.length);
  body.copy(frame, frameHead);
  sealFrame(frame, 0, frame.length, number, salt);
  return frame;
}

/** Makes a frame of a body that lies in `into` from `start + frameHead` to `end`. */
export function sealFrame(into: Buffer, start: number, end: number, number: number, salt: number): void {
  into.writeUInt32BE(magic, start);
  into.writeUInt32BE(end - start - frameHead, start + 4);
  into.writeUInt32BE(Math.floor(number / high), start + 12);
  into.writeUInt32BE(number % high, start + 16);
  into.writeUInt32BE(crc32(into.subarray(start + 12, end), salt), start + 8);
}

/**
 * The frame at `offset`: the frame; `'more'` where the buffer ends before the frame does; `'damaged'` where there is none.
 */
export function decodeFrame(buffer: Buffer, offset: number, salt: number): Frame | 'more' | 'damaged' {
  const left = buffer.length - offset;
  if (left < frameHead) return 'more';
  if (buffer.readUInt32BE(offset) !== magic) return 'damaged';
  const length = buffer.readUInt32BE(offset + 4);
  if (length > longestBody) return 'damaged';
  if (left < frameHead + length) return 'more';
  const end = offset + frameHead + length;
  if (crc32(buffer.subarray(offset + 12, end), salt) !== buffer.readUInt32BE(offset + 8)) return 'damaged';
  return { number: Number(buffer.readBigUInt64BE(offset + 12)), body: buffer.subarray(offset + frameHead, end) };
}

/** Where the next frame could begin after `offset`; -1 if nowhere. */
export function findMagic(buffer: Buffer, offset: number): number {
  return buffer.indexOf(magicBytes, offset);
}

const magicBytes = Buffer.alloc(4);
magicBytes.writeUInt32BE(magic);
