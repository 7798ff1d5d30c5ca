import { type FSWatcher, watch } from 'node:fs';

/** Milliseconds in which an editor's several changes of one file count as one. */
const settle = 100;

/**
 * Resolves to the folders, of those given, in which something changed; undefined once the signal is aborted. Folders are
 * watched rather than files: many editors put a new file in the place of the old one.
 */
export async function awaitChange(
  folders: Iterable<string>,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const changed = new Set<string>();
  const watchers: FSWatcher[] = [];
  try {
    await new Promise<void>((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
      for (const folder of new Set(folders)) {
        const note = () => {
          changed.add(folder);
          clearTimeout(timer);
          timer = setTimeout(resolve, settle);
        };
        // One that is gone by now has changed.
        try {
          watchers.push(watch(folder, note).on('error', note));
        } catch {
          note();
        }
      }
    });
  } finally {
    for (const watcher of watchers) watcher.close();
  }
  return signal.aborted ? undefined : changed;
}
