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
  const watching = new FileWatch(first, onChange);
  return () => watching.stop();
}

class FileWatch {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #onChange: () => Promise<Snapshot>;
  #snapshot: Snapshot;
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #again = false;

  constructor(first: Snapshot, onChange: () => Promise<Snapshot>) {
    this.#snapshot = first;
    this.#onChange = onChange;
    this.#watchFolders();
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  #watchFolders(): void {
    const { texts, folders } = this.#snapshot;
    const wanted = new Set([...Object.keys(texts).map((path) => dirname(path)), ...Object.keys(folders)]);
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of wanted) {
      if (!this.#watchers.has(folder)) this.#addWatcher(folder);
    }
  }

  #addWatcher(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#wait());
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // It isn't there: it is found when something else changes.
    }
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), quiet);
  }

  async #look(): Promise<void> {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    if (!isDeepStrictEqual(await readAgain(this.#snapshot), this.#snapshot)) {
      this.#snapshot = await this.#onChange();
      this.#watchFolders();
    }
    this.#busy = false;
    if (this.#again) this.#wait();
    this.#again = false;
  }
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
