import { join, resolve } from 'node:path';
import { sayUnreadable } from '../../util/read-fault.js';
import { disk } from '../../util/read-text.js';
import { type LoadedPlugin, loadPlugin } from './load.js';

export type { SoundPlugin } from './load.js';

/** A plugin as it was found: `sound` is absent if a diagnostic is an error. */
export interface OpenedPlugin extends LoadedPlugin {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
}

/** Name → absolute path of every plugin in the folders; of two with the same name, the first one's, as endpoints have it. */
export async function listPlugins(folders: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const places = new Map<string, string>();
  for (const folder of folders) {
    const listed = await disk.listPlugins(resolve(folder));
    if ('reason' in listed) throw new Error(sayUnreadable(`folder ${folder}`, listed.reason));
    for (const name of listed.names.toSorted()) if (!places.has(name)) places.set(name, resolve(join(folder, name)));
  }
  return places;
}

/** Reads and compiles the plugin in a folder. */
export async function openPlugin(name: string, folder: string): Promise<OpenedPlugin> {
  return { name, folder, ...(await loadPlugin(folder)) };
}
