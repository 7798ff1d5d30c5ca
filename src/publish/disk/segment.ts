import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Files } from './files.js';
import { decodeFrame, type Frame, findMagic, frameHead } from './frame.js';

/** A file is left for a new one when it has grown to this. */
export const segmentBytes = 16 * 1024 * 1024;

/** Bytes of a file in which no whole frame lies. At the very end of the last file it is what a crash tears. */
export interface Damage {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** A new name for the file whose first frame has this number. Names sort by it, and each has a salt of its own. */
export function nameSegment(number: number, suffix: string): string {
  return `${String(number).padStart(16, '0')}-${randomBytes(4).toString('hex')}${suffix}`;
}

/** What the checksums of a file begin with. */
export function saltOf(path: string): number {
  return crc32(basename(path));
}

/** One file of a journal. */
export class Segment {
  readonly path: string;
  readonly salt: number;
  /** Bytes that are durable. */
  length: number;
  /** The highest number in it; 0 if it has none. */
  last: number;

  constructor(path: string, length: number, last: number) {
    this.path = path;
    this.salt = saltOf(path);
    this.length = length;
    this.last = last;
  }

  grow(bytes: number, number: number): void {
    this.length += bytes;
    this.last = number;
  }

  /** See `readFrames`. */
  readFrom(files: Files, offset: number, maxBytes: number): Promise<Look> {
    return readFrames(files, this.path, { offset, end: this.length, maxBytes, growing: false });
  }
}

export interface Look {
  readonly frames: readonly Frame[];
  /** What was passed over. */
  readonly damage: readonly Damage[];
  /** Where to go on. */
  readonly next: number;
}

/**
 * The frames from `offset` on, about `maxBytes` of them but at least one if there is any before `end`. What is damaged is
 * passed over; but with `growing`, what lies behind the last whole frame is left: it may be a frame that is being written.
 */
export async function readFrames(
  files: Files,
  path: string,
  options: { readonly offset: number; readonly end: number; readonly maxBytes: number; readonly growing: boolean },
): Promise<Look> {
  const { end, growing } = options;
  const damage: Damage[] = [];
  let { offset, maxBytes: size } = options;
  for (;;) {
    const buffer = await files.read(path, offset, Math.min(size, end - offset));
    const final = offset + buffer.length >= end || buffer.length < size;
    const { frames, gaps, consumed, whole } = decodeAll(buffer, saltOf(path), final);
    if (growing && final && frames.length === 0) return { frames, damage: [], next: options.offset };
    const understood = growing ? whole : consumed;
    damage.push(...locate(gaps, path, offset, understood));
    if (frames.length > 0 || final) return { frames, damage, next: offset + understood };
    if (understood > 0) offset += understood;
    else size *= 2;
  }
}

/** Reads a whole file, as a new process does. `whole`: where its last whole frame ends. */
export async function scanSegment(
  files: Files,
  path: string,
): Promise<{ segment: Segment; damage: readonly Damage[]; whole: number }> {
  const chunk = 4 * 1024 * 1024;
  const damage: Damage[] = [];
  let last = 0;
  let offset = 0;
  let whole = 0;
  let size = chunk;
  for (;;) {
    const buffer = await files.read(path, offset, size);
    const final = buffer.length < size;
    const decoded = decodeAll(buffer, saltOf(path), final);
    for (const { number } of decoded.frames) last = Math.max(last, number);
    if (decoded.frames.length > 0) whole = offset + decoded.whole;
    damage.push(...locate(decoded.gaps, path, offset, decoded.consumed));
    offset += decoded.consumed;
    if (final) break;
    size = decoded.consumed === 0 ? size * 2 : chunk;
  }
  return { segment: new Segment(path, offset, last), damage, whole };
}

interface Gap {
  readonly offset: number;
  readonly bytes: number;
}

function locate(gaps: readonly Gap[], file: string, start: number, before: number): Damage[] {
  const inside = gaps.filter(({ offset }) => offset < before);
  return inside.map(({ offset, bytes }) => ({ file, offset: start + offset, bytes }));
}

interface DecodedFrames {
  readonly frames: readonly Frame[];
  /** Where nothing whole lies. */
  readonly gaps: readonly Gap[];
  /** How far the buffer is understood; with `final`, to its end. */
  readonly consumed: number;
  /** Where the last whole frame ends; 0 if there is none. */
  readonly whole: number;
}

function decodeAll(buffer: Buffer, salt: number, final: boolean): DecodedFrames {
  const frames: Frame[] = [];
  const gaps: { offset: number; bytes: number }[] = [];
  let offset = 0;
  let whole = 0;
  while (offset < buffer.length) {
    const frame = decodeFrame(buffer, offset, salt);
    if (typeof frame === 'object') {
      frames.push(frame);
      offset += frameHead + frame.body.length;
      whole = offset;
      continue;
    }
    if (frame === 'more' && !final) break;
    const found = findMagic(buffer, offset + 1);
    const next = found < 0 ? buffer.length : found;
    const previous = gaps.at(-1);
    if (previous && previous.offset + previous.bytes === offset) previous.bytes += next - offset;
    else gaps.push({ offset, bytes: next - offset });
    offset = next;
  }
  return { frames, gaps, consumed: offset, whole };
}
