import { join } from 'node:path';
import { type AppendFile, type Files, GoneError } from '../disk/files.js';
import { encodeFrame } from '../disk/frame.js';
import { encodeHead, identifyFile, type Layout, makeHead } from '../disk/head.js';
import type { Keeper } from '../disk/keeper.js';
import { scanFrames } from '../disk/segment.js';

export const ackedSuffix = '.acked';
/** A file is left for a new one, with what still matters of it, when it has grown to this. */
const longest = 1024 * 1024;

/**
 * Which numbers of a journal were finished beyond `done`: a kill of the process loses none of it, a crash of the machine may.
 * It is only about what is sent twice. A file of frames: each has the numbers of a batch, 4 bytes each, less its own number.
 */
export class Acked {
  readonly #files: Files;
  readonly #folder: string;
  readonly #stream: string;
  #paths: string[];
  #active: { readonly file: AppendFile; readonly layout: Layout; bytes: number } | undefined;

  private constructor(files: Files, folder: string, stream: string, paths: string[]) {
    this.#files = files;
    this.#folder = folder;
    this.#stream = stream;
    this.#paths = paths;
  }

  static async open(
    files: Files,
    folder: string,
    stream: string,
    keeper: Keeper,
  ): Promise<{ readonly acked: Acked; readonly numbers: Set<number> }> {
    const paths: string[] = [];
    const numbers = new Set<number>();
    for (const name of await files.list(folder)) {
      if (!name.endsWith(ackedSuffix)) continue;
      const path = join(folder, name);
      const read = await readAcked(files, path, stream, numbers);
      if (read === 'foreign') await keeper.setAside(path, 0, 'this is not what its name says');
      else paths.push(path);
    }
    return { acked: new Acked(files, folder, stream, paths), numbers };
  }

  /** Gets ready to note. Where that fails nothing is noted, and a restart sends more of it twice. */
  async prepare(numbers: ReadonlySet<number>): Promise<void> {
    if (this.#active !== undefined && this.#active.bytes < longest) return;
    try {
      await this.#begin(numbers);
    } catch {
      // The disk is full, or worse; the next one tries again.
    }
  }

  async #begin(numbers: ReadonlySet<number>): Promise<void> {
    const { name, head } = makeHead(this.#stream, 0, ackedSuffix);
    const path = join(this.#folder, name);
    const file = await this.#files.create(path);
    const { line, layout } = encodeHead('acked', head);
    const bytes = Buffer.concat([line, numbers.size === 0 ? Buffer.alloc(0) : encodeNumbers([...numbers], layout)]);
    await file.write([bytes]);
    const before = this.#paths;
    await this.#active?.file.close().catch(() => undefined);
    this.#active = { file, layout, bytes: bytes.length };
    this.#paths = [path];
    for (const each of before) await this.#files.remove(each);
  }

  /** Noted when it returns; where the disk takes nothing, by the next `prepare` that succeeds. */
  add(numbers: readonly number[]): void {
    const active = this.#active;
    if (active === undefined || numbers.length === 0) return;
    const bytes = encodeNumbers(numbers, active.layout);
    active.bytes += bytes.length;
    try {
      active.file.writeNow(bytes);
    } catch {
      // What is torn in it is passed over; the next file has all of them.
      void this.close();
    }
  }

  /** Whether somebody has taken away the file that is written to: what is noted in it would be lost. */
  async isGone(): Promise<boolean> {
    try {
      await this.#active?.file.check();
      return false;
    } catch (error) {
      if (error instanceof GoneError) return true;
      throw error;
    }
  }

  /** Nothing of it matters any more. */
  async clear(): Promise<void> {
    await this.close();
    const paths = this.#paths;
    this.#paths = [];
    for (const path of paths) await this.#files.remove(path);
  }

  /** Its files may be gone: the next `prepare` makes a new one. */
  async close(): Promise<void> {
    const active = this.#active;
    this.#active = undefined;
    await active?.file.close().catch(() => undefined);
  }
}

/** Adds what the file says; `foreign` where it is something else. Throws a `NewerFormatError`. */
export async function readAcked(
  files: Files,
  path: string,
  stream: string,
  into: Set<number>,
): Promise<'foreign' | 'read'> {
  const read = (offset: number, length: number) => files.read(path, offset, length);
  const identity = await identifyFile(read, path, 'acked', stream);
  if (identity.state === 'foreign' || identity.state === 'old') return 'foreign';
  if (identity.state === 'unborn') return 'read';
  const { whole } = await scanFrames(read, path, identity.layout, ({ number, body }) => {
    for (let at = 0; at + 4 <= body.length; at += 4) into.add(number + body.readUInt32BE(at));
  });
  return identity.state === 'guessed' && whole === identity.layout.start ? 'foreign' : 'read';
}

function encodeNumbers(numbers: readonly number[], { framing }: Layout): Buffer {
  const lowest = numbers.reduce((low, number) => Math.min(low, number));
  const body = Buffer.allocUnsafe(numbers.length * 4);
  numbers.forEach((number, index) => {
    body.writeUInt32BE(number - lowest, index * 4);
  });
  return encodeFrame(lowest, body, framing);
}
