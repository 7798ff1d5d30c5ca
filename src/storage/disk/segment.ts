import type { AppendFile, Files } from './files.js';
import { decodeFrame, type Frame, type Framing, findMagic, frameHead } from './frame.js';
import { identifyFile, type Layout, oldLayout, type Read } from './head.js';
import type { FileKind } from './seal.js';

/** A file is left for a new one when it has grown to this. */
export const segmentBytes = 16 * 1024 * 1024;

/** Bytes of a file in which no whole frame lies. */
export interface Damage {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  /** True for the beginning of a frame at the end of a file: a crash has cut it off, and nobody was told that it is safe. */
  readonly torn: boolean;
}

/** One file of a journal. It stays open, so that what is in it can be read whatever becomes of its name. */
export class Segment {
  readonly path: string;
  file: AppendFile;
  readonly layout: Layout;
  /** Bytes that are durable. */
  length: number;
  /** The highest number in it; 0 if it has none. */
  last: number;
  /** Some of it can't be read: the file is not to be removed. */
  damaged = false;

  constructor(path: string, file: AppendFile, layout: Layout, length: number, last: number) {
    this.path = path;
    this.file = file;
    this.layout = layout;
    this.length = length;
    this.last = last;
  }

  grow(bytes: number, number: number): void {
    this.length += bytes;
    this.last = number;
  }

  /** See `readFrames`. */
  readFrom(offset: number, maxBytes: number): Promise<Look> {
    const read: Read = (at, length) => this.file.read(at, length);
    const { path, layout, length: end } = this;
    return readFrames(read, path, layout.framing, { offset, end, maxBytes, growing: false });
  }
}

export type OpenedSegment =
  | { readonly segment: Segment; readonly damage: readonly Damage[] }
  /** `unborn`: a crash has left it empty. `unreadable`: it is another's, or damaged all over. */
  | 'unborn'
  | 'unreadable';

/** Opens a file that a former process has left, and reads all of it. Throws a `NewerFormatError`. */
export async function openSegment(files: Files, path: string, kind: FileKind, stream: string): Promise<OpenedSegment> {
  const file = await files.open(path);
  let kept = false;
  try {
    const opened = await scanIdentified(file, path, kind, stream);
    kept = typeof opened === 'object';
    return opened;
  } finally {
    if (!kept) await file.close();
  }
}

async function scanIdentified(file: AppendFile, path: string, kind: FileKind, stream: string): Promise<OpenedSegment> {
  const read: Read = (offset, length) => file.read(offset, length);
  const identity = await identifyFile(read, path, kind, stream);
  if (identity.state === 'unborn') return 'unborn';
  if (identity.state === 'foreign') return 'unreadable';
  const { state, layout } = identity;
  const layouts = state === 'guessed' ? [layout, oldLayout(path)] : [layout];
  for (const each of layouts) {
    const { damage, last, end, whole } = await scanFrames(read, path, each);
    if (state === 'guessed' && whole === each.start) continue;
    const segment = new Segment(path, file, each, end, last);
    const lost = state === 'guessed' ? [{ file: path, offset: 0, bytes: each.start, torn: false }, ...damage] : damage;
    segment.damaged = lost.some(({ torn }) => !torn);
    return { segment, damage: lost };
  }
  return 'unreadable';
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
  read: Read,
  path: string,
  framing: Framing,
  options: { readonly offset: number; readonly end: number; readonly maxBytes: number; readonly growing: boolean },
): Promise<Look> {
  const { end, growing } = options;
  const damage: Damage[] = [];
  let { offset, maxBytes: size } = options;
  for (;;) {
    const wanted = Math.min(size, end - offset);
    const buffer = await read(offset, wanted);
    const final = offset + buffer.length >= end || buffer.length < wanted;
    const { frames, gaps, consumed, whole } = decodeAll(buffer, framing, final);
    if (growing && final && frames.length === 0) return { frames, damage: [], next: options.offset };
    const understood = growing ? whole : consumed;
    damage.push(...locate(gaps, path, offset, understood));
    // A file that somebody has cut has nothing where it should go on.
    if (final && buffer.length < wanted && !growing) {
      const at = offset + buffer.length;
      damage.push({ file: path, offset: at, bytes: end - at, torn: false });
      return { frames, damage, next: end };
    }
    if (frames.length > 0 || final) return { frames, damage, next: offset + understood };
    if (understood > 0) offset += understood;
    else size *= 2;
  }
}

export interface Scan {
  readonly damage: readonly Damage[];
  /** The highest number; 0 if there is no frame. */
  readonly last: number;
  /** Where the last whole frame ends. */
  readonly whole: number;
  /** Where the file ends. */
  readonly end: number;
}

/** Reads all frames of a file, as a new process does. */
export async function scanFrames(
  read: Read,
  path: string,
  { framing, start }: Layout,
  visit: (frame: Frame) => void = () => undefined,
): Promise<Scan> {
  const chunk = 4 * 1024 * 1024;
  const damage: Damage[] = [];
  let last = 0;
  let offset = start;
  let whole = start;
  let size = chunk;
  for (;;) {
    const buffer = await read(offset, size);
    const final = buffer.length < size;
    const decoded = decodeAll(buffer, framing, final);
    for (const frame of decoded.frames) {
      last = Math.max(last, frame.number);
      visit(frame);
    }
    if (decoded.frames.length > 0) whole = offset + decoded.whole;
    damage.push(...locate(decoded.gaps, path, offset, decoded.consumed));
    offset += decoded.consumed;
    if (final) break;
    size = decoded.consumed === 0 ? size * 2 : chunk;
  }
  return { damage, last, whole, end: offset };
}

interface Gap {
  readonly offset: number;
  readonly bytes: number;
  readonly torn: boolean;
}

function locate(gaps: readonly Gap[], file: string, start: number, before: number): Damage[] {
  const inside = gaps.filter(({ offset }) => offset < before);
  return inside.map(({ offset, bytes, torn }) => ({ file, offset: start + offset, bytes, torn }));
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

function decodeAll(buffer: Buffer, framing: Framing, final: boolean): DecodedFrames {
  const frames: Frame[] = [];
  const gaps: { offset: number; bytes: number; torn: boolean }[] = [];
  let offset = 0;
  let whole = 0;
  while (offset < buffer.length) {
    const frame = decodeFrame(buffer, offset, framing);
    if (typeof frame === 'object') {
      frames.push(frame);
      offset += framing.head + frame.body.length;
      whole = offset;
      continue;
    }
    if (frame === 'more' && !final) break;
    const found = findMagic(buffer, offset + 1);
    const next = found < 0 ? buffer.length : found;
    const previous = gaps.at(-1);
    if (previous && previous.offset + previous.bytes === offset) previous.bytes += next - offset;
    else gaps.push({ offset, bytes: next - offset, torn: frame === 'more' && framing.head === frameHead });
    offset = next;
  }
  const end = gaps.at(-1);
  for (const gap of gaps) gap.torn = gap.torn && gap === end && gap.offset >= whole;
  return { frames, gaps, consumed: offset, whole };
}
