import { readFileSync } from 'node:fs';

/** Descriptors that files, Kafka and workers keep, at the least. */
const leastReserve = 64;

/** How many files and connections this process may have open (`ulimit -n`); undefined where the system does not say. */
export function readOpenFilesLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/** How many connections fit in, a quarter of all descriptors left to the rest of the process. */
export function fitConnections(wanted: number, openFiles: number | undefined): number {
  if (openFiles === undefined) return wanted;
  return Math.max(1, Math.min(wanted, openFiles - Math.max(leastReserve, Math.floor(openFiles / 4))));
}
