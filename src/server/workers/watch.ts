import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { disk, type Snapshot } from '../../util/read-text.js';

/** Milliseconds of quiet after a change: an editor, or Kubernetes, writes several files. */
const quiet = 150;

/**
 * Calls back when a file that a configuration was read from has another content, or a folder of plugins other plugins.
 * Folders are watched and contents compared, so that a link that is swapped counts, as Kubernetes does it with mounted
 * files, and a file that was only touched doesn't. Returns what ends it.
 */
export function watchFiles(first: Snapshot, onChange: () => Promise<Snapshot>): () => void {
  const watchers = new Map<string, FSWatcher>();
  let snapshot = first;
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let again = false;

  function watchFolders(): void {
    const wanted = new Set([
      ...Object.keys(snapshot.texts).map((path) => dirname(path)),
      ...Object.keys(snapshot.folders),
    ]);
    for (const [folder, watcher] of watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of wanted) {
      if (!watchers.has(folder)) addWatcher(folder);
    }
  }

  function addWatcher(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, wait);
      watcher.on('error', () => {
        watcher.close();
        watchers.delete(folder);
      });
      watchers.set(folder, watcher);
    } catch {
      // It isn't there: it is found when something else changes.
    }
  }

  function wait(): void {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), quiet);
  }

  async function look(): Promise<void> {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    if (!isDeepStrictEqual(await readAgain(snapshot), snapshot)) {
      snapshot = await onChange();
      watchFolders();
    }
    busy = false;
    if (again) wait();
    again = false;
  }

  watchFolders();
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  };
}

async function readAgain({ texts, folders }: Snapshot): Promise<Snapshot> {
  const paths = Object.keys(texts);
  const names = Object.keys(folders);
  const [read, listed] = await Promise.all([
    Promise.all(paths.map(async (path) => [path, await disk.read(path)] as const)),
    Promise.all(names.map(async (folder) => [folder, await disk.listPlugins(folder)] as const)),
  ]);
  return { texts: Object.fromEntries(read), folders: Object.fromEntries(listed) };
}
