import type { Files } from './files.js';
import { decodeFrame, type Frame, findMagic, frameHead } from './frame.js';

/** Bytes of a journal file in which no whole frame lies. At the very end of the last file it is what a crash tears. */
export interface Damage {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** One file of a journal. */
export class Segment {
  readonly path: string;
  /** Bytes that are durable. */
  length: number;
  /** The highest number in it; 0 if it has none. */
  last: number;

  constructor(path: string, length: number, last: number) {
    this.path = path;
    this.length = length;
    this.last = last;
  }

  grow(bytes: number, number: number): void {
    this.length += bytes;
    this.last = number;
  }

  /**
   * The frames from `offset` on, about `maxBytes` of them but at least one if there is any, and where to go on. What is
   * damaged is passed over.
   */
  async readFrom(files: Files, offset: number, maxBytes: number): Promise<{ frames: readonly Frame[]; next: number }> {
    const end = this.length;
    let size = maxBytes;
    for (;;) {
      const buffer = await files.read(this.path, offset, Math.min(size, end - offset));
      const { frames, consumed } = decodeAll(buffer, offset + buffer.length >= end || buffer.length < size);
      if (frames.length > 0 || offset + buffer.length >= end || buffer.length < size)
        return { frames, next: offset + consumed };
      if (consumed > 0) offset += consumed;
      else size *= 2;
    }
  }
}

/** Reads a whole file, as a new process does. */
export async function scanSegment(
  files: Files,
  path: string,
): Promise<{ segment: Segment; damage: readonly Damage[] }> {
  const chunk = 4 * 1024 * 1024;
  const damage: Damage[] = [];
  let last = 0;
  let offset = 0;
  let size = chunk;
  for (;;) {
    const buffer = await files.read(path, offset, size);
    const final = buffer.length < size;
    const decoded = decodeAll(buffer, final);
    last = Math.max(last, ...decoded.frames.map(({ number }) => number));
    damage.push(...decoded.gaps.map((gap) => ({ file: path, offset: offset + gap.offset, bytes: gap.bytes })));
    offset += decoded.consumed;
    if (final) break;
    size = decoded.consumed === 0 ? size * 2 : chunk;
  }
  return { segment: new Segment(path, offset, last), damage };
}

interface DecodedFrames {
  readonly frames: readonly Frame[];
  /** Where nothing whole lies. */
  readonly gaps: readonly { readonly offset: number; readonly bytes: number }[];
  /** How far the buffer is understood; with `final`, to its end. */
  readonly consumed: number;
}

function decodeAll(buffer: Buffer, final: boolean): DecodedFrames {
  const frames: Frame[] = [];
  const gaps: { offset: number; bytes: number }[] = [];
  let offset = 0;
  while (offset < buffer.length) {
    const frame = decodeFrame(buffer, offset);
    if (typeof frame === 'object') {
      frames.push(frame);
      offset += frameHead + frame.body.length;
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
  return { frames, gaps, consumed: offset };
}
