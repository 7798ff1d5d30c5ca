import { join } from 'node:path';
import type { Numbering } from '../../kafka/unanswered.js';
import { encodeFrame } from '../disk/frame.js';
import { encodeHead, identifyFile, makeHead } from '../disk/head.js';
import { scanFrames } from '../disk/segment.js';
import type { JournalOptions } from './load-journal.js';

const suffix = '.unanswered';

/** A batch that a process had sent when it was stopped, and had no answer to. */
export interface LeftBatch {
  readonly partition: number;
  /** Of its records in the journal, in their order. */
  readonly numbers: readonly number[];
  /** Absent: nothing can tell whether Kafka has it. */
  readonly numbering?: Numbering | undefined;
}

type Files = Pick<JournalOptions, 'files' | 'folder' | 'stream' | 'keeper'>;

/**
 * What a process that was stopped had in flight, noted beside its journal: a file of frames, each with a batch as JSON. It is
 * only about what is sent twice: each record is in the journal, too.
 */
export class Left {
  readonly #files: Files;
  #paths: readonly string[];
  /** Of the former process. */
  readonly batches: readonly LeftBatch[];

  private constructor(files: Files, paths: readonly string[], batches: readonly LeftBatch[]) {
    this.#files = files;
    this.#paths = paths;
    this.batches = batches;
  }

  /** What cannot be read of it is reported and passed over. Throws a `NewerFormatError`. */
  static async open(options: Files): Promise<Left> {
    const { files, folder, keeper } = options;
    const paths: string[] = [];
    const batches: LeftBatch[] = [];
    for (const name of await files.list(folder)) {
      if (!name.endsWith(suffix)) continue;
      const path = join(folder, name);
      const read = await readLeft(options, path);
      if (read === undefined) await keeper.setAside(path, 0, 'this is not what its name says');
      else {
        paths.push(path);
        batches.push(...read);
      }
    }
    return new Left(options, paths, batches);
  }

  /** In the place of what was noted before. Durable when it resolves. */
  async replace(batches: readonly LeftBatch[]): Promise<void> {
    if (batches.length > 0) {
      const path = await writeLeft(this.#files, batches);
      await this.clear();
      this.#paths = [path];
    } else {
      await this.clear();
    }
  }

  /** It is dealt with. */
  async clear(): Promise<void> {
    const paths = this.#paths;
    this.#paths = [];
    for (const path of paths) await this.#files.files.remove(path);
  }
}

/** Undefined: it is something else. */
async function readLeft({ files, stream, keeper }: Files, path: string): Promise<LeftBatch[] | undefined> {
  const read = (offset: number, length: number) => files.read(path, offset, length);
  const identity = await identifyFile(read, path, 'unanswered', stream);
  if (identity.state === 'foreign' || identity.state === 'old') return undefined;
  const batches: LeftBatch[] = [];
  if (identity.state === 'unborn') return batches;
  const { damage, whole } = await scanFrames(read, path, identity.layout, ({ body }) => {
    const batch = toBatch(JSON.parse(body.toString()));
    if (batch) batches.push(batch);
  });
  if (identity.state === 'guessed' && whole === identity.layout.start) return undefined;
  for (const each of damage) keeper.report(each);
  return batches;
}

async function writeLeft({ files, folder, stream }: Files, batches: readonly LeftBatch[]): Promise<string> {
  const { name, head } = makeHead(stream, 0, suffix);
  const path = join(folder, name);
  const { line, layout } = encodeHead('unanswered', head);
  const file = await files.create(path);
  try {
    const frames = batches.map((batch, index) =>
      encodeFrame(index + 1, Buffer.from(encodeLeft(batch)), layout.framing),
    );
    await file.write([line, ...frames]);
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
}

function encodeLeft({ partition, numbers, numbering }: LeftBatch): string {
  const known = numbering && { ...numbering, producerId: String(numbering.producerId) };
  return JSON.stringify({ partition, numbers, ...(known && { numbering: known }) });
}

function toBatch(facts: unknown): LeftBatch | undefined {
  if (typeof facts !== 'object' || facts === null) return undefined;
  const { partition, numbers, numbering }: { partition?: unknown; numbers?: unknown; numbering?: unknown } = facts;
  if (!isNumber(partition) || !Array.isArray(numbers)) return undefined;
  const all: readonly unknown[] = numbers;
  return all.every(isNumber) ? { partition, numbers: all, numbering: toNumbering(numbering) } : undefined;
}

function toNumbering(facts: unknown): Numbering | undefined {
  if (typeof facts !== 'object' || facts === null) return undefined;
  const { topicId, producerId, epoch, number, timestamp, checksum }: { readonly [name in keyof Numbering]?: unknown } =
    facts;
  if (typeof topicId !== 'string' || typeof producerId !== 'string' || !/^\d{1,19}$/.test(producerId)) return undefined;
  if (!isNumber(epoch) || !isNumber(number) || !isNumber(timestamp) || !isNumber(checksum)) return undefined;
  return { topicId, producerId: BigInt(producerId), epoch, number, timestamp, checksum };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
