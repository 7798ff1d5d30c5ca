import { basename, dirname, join } from 'node:path';
import type { Files } from '../disk/files.js';
import { identifyFile, type Layout } from '../disk/head.js';
import { scanFrames } from '../disk/segment.js';

/**
 * `DIR/PARTITION/topics/TOPIC/FIRST-SALT.log`: a partition is what one process at a time writes, whatever the topic, as the
 * lock in its folder says. So offsets are contiguous without a word between processes, and a gateway of one process has
 * partition 0 alone. A file has the records from offset FIRST on, which is also their number in their frames.
 */
export const suffix = '.log';

export function partitionFolder(dir: string, partition: number): string {
  return join(dir, String(partition));
}

export function topicsFolder(dir: string, partition: number): string {
  return join(partitionFolder(dir, partition), 'topics');
}

/** What the files of a folder say that they belong to. */
export function streamOf(folder: string): string {
  return `${basename(dirname(dirname(folder)))}/topics/${basename(folder)}`;
}

export async function listPartitions(files: Files, dir: string): Promise<readonly number[]> {
  const names = await files.list(dir);
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

export interface LogFile {
  readonly path: string;
  /** Offset of its first record. */
  readonly first: number;
  /** Absent while nobody has written its first line. */
  readonly layout?: Layout;
  /** Its first line is damaged. */
  readonly guessed: boolean;
}

/** The files of a topic in a partition, in the order of their records, which is that of what they say, not of their names. */
export class LogFiles {
  readonly #files: Files;
  readonly #folder: string;
  /** What a file says doesn't change. `undefined`: it is another's. */
  readonly #known = new Map<string, LogFile | undefined>();

  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  async list(): Promise<readonly LogFile[]> {
    const names = (await this.#files.list(this.#folder)).filter((name) => name.endsWith(suffix));
    const all = await Promise.all(names.map((name) => this.#look(join(this.#folder, name))));
    const inOrder = all.filter((file) => file !== undefined).sort((a, b) => a.first - b.first);
    return inOrder.some(({ first }, index) => first === inOrder[index - 1]?.first) ? this.#sortTwins(inOrder) : inOrder;
  }

  /** Two begin with the same offset where a failed write or a crash has left one of them empty, or behind: that one is first. */
  async #sortTwins(all: readonly LogFile[]): Promise<readonly LogFile[]> {
    const ends = await Promise.all(all.map((file) => endOf(this.#files, file).catch(orGone)));
    const sorted = all.map((file, index) => ({ file, end: ends[index] ?? 0 }));
    return sorted.sort((a, b) => a.file.first - b.file.first || a.end - b.end).map(({ file }) => file);
  }

  /** The files whose name says that they are of the log, and that are something else. */
  async listForeign(): Promise<readonly string[]> {
    await this.list();
    return [...this.#known].filter(([, file]) => file === undefined).map(([path]) => path);
  }

  forget(path: string): void {
    this.#known.delete(path);
  }

  async #look(path: string): Promise<LogFile | undefined> {
    if (this.#known.has(path)) return this.#known.get(path);
    const read = (offset: number, length: number) => this.#files.read(path, offset, length);
    const identity = await identifyFile(read, path, 'log', streamOf(this.#folder)).catch(orGone);
    // Deleted meanwhile.
    if (identity === undefined) return undefined;
    if (identity.state === 'unborn') return { path, first: Number.parseInt(basename(path), 10) || 0, guessed: false };
    const file =
      identity.state === 'foreign'
        ? undefined
        : { path, first: identity.layout.first, layout: identity.layout, guessed: identity.state === 'guessed' };
    this.#known.set(path, file);
    return file;
  }
}

/** The retention of a log, and whoever else may, deletes files while they are read. */
export function orGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** The offset that the next record of the topic gets. All before it are durable. */
export async function findEnd(files: Files, folder: string): Promise<number> {
  const last = (await new LogFiles(files, folder).list()).at(-1);
  if (last === undefined) return 0;
  const end = await endOf(files, last);
  await files.sync(last.path);
  return end;
}

/** The offset behind the last record of a file. */
async function endOf(files: Files, { path, first, layout }: LogFile): Promise<number> {
  if (layout === undefined) return first;
  const read = (offset: number, length: number) => files.read(path, offset, length);
  const { whole, last } = await scanFrames(read, path, layout);
  return whole === layout.start ? first : last + 1;
}
