import { statfs } from 'node:fs/promises';
import type { Clock } from '../../util/clock.js';
import type { Log } from '../../util/log.js';

/** With fewer bytes free, a disk counts as nearly full. */
const little = 1024 ** 3;
/** Milliseconds between two looks. */
const interval = 60_000;

/** Bytes that this user may still write where the folder is. */
export type FreeBytes = (folder: string) => Promise<number>;

const freeBytes: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** Warns when a disk is nearly full: now, and once each time that it gets so. Gives what ends it. */
export function watchRoom(folder: string, clock: Clock, log: Log, free: FreeBytes = freeBytes): () => void {
  let low = false;
  let stopped = false;
  let cancel = clock.after(0, () => void look());

  async function look(): Promise<void> {
    try {
      const bytes = await free(folder);
      if (bytes < little && !low) {
        const freeMiB = Math.floor(bytes / 1024 ** 2);
        log('warn', 'the disk is nearly full: make room, or keep less with embedded.retention', { folder, freeMiB });
      }
      low = bytes < little;
    } catch {
      // There is no folder yet, or no way to ask.
    }
    if (!stopped) cancel = clock.after(interval, () => void look());
  }

  return () => {
    stopped = true;
    cancel();
  };
}
