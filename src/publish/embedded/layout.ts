import { join } from 'node:path';
import type { Files } from '../disk/files.js';
import { scanSegment } from '../disk/segment.js';

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
}

/** The files of a topic in a partition, in the order of their records. */
export async function listFiles(files: Files, folder: string): Promise<readonly LogFile[]> {
  const names = await files.list(folder);
  return names
    .filter((name) => name.endsWith(suffix))
    .map((name) => ({ path: join(folder, name), first: Number.parseInt(name, 10) }));
}

/** The offset that the next record of the topic gets. All before it are durable. */
export async function findEnd(files: Files, folder: string): Promise<number> {
  const last = (await listFiles(files, folder)).at(-1);
  if (last === undefined) return 0;
  const { segment, whole } = await scanSegment(files, last.path);
  await files.sync(last.path);
  return whole === 0 ? last.first : segment.last + 1;
}
