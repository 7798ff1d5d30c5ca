import { join, resolve } from 'node:path';
import type { Fault, Provider } from '../core/model.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { packageRoot } from '../util/package-root.js';
import { sayUnreadable } from '../util/read-fault.js';
import type { Files } from '../util/read-text.js';
import type { Providers } from './endpoints.js';
import { loadPlugin, type SoundPlugin } from './plugins/load.js';

export interface FoundPlugins extends Providers {
  readonly sound: readonly SoundPlugin[];
  /** Of gateway.yaml. */
  readonly faults: readonly Fault[];
  /** Of the plugins. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Loads the plugins of these names, and no others, from the first folder that has them. `folders`: as gateway.yaml has
 * them, relative to `base`; absent: the plugins of this package. What is read is put into `sources`.
 */
export async function findPluginFolders(
  folders: readonly string[] | undefined,
  base: string,
  names: ReadonlySet<string>,
  sources: Map<string, string>,
  files: Files,
): Promise<FoundPlugins> {
  const faults: Fault[] = [];
  const places = new Map<string, string>();
  for (const [index, folder] of (folders ?? [join(packageRoot, 'plugins')]).entries()) {
    const path = resolve(base, folder);
    const listed = await files.listPlugins(path);
    if ('reason' in listed) faults.push(noFolder(path, index, listed.reason));
    else for (const name of listed.names) if (!places.has(name)) places.set(name, join(path, name));
  }
  const found = new Map<string, Provider | undefined>();
  const sound: SoundPlugin[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [name, folder] of places) {
    if (!names.has(name)) continue;
    const loaded = await loadPlugin(folder, files);
    found.set(name, loaded.sound?.provider);
    if (loaded.sound !== undefined) sound.push(loaded.sound);
    diagnostics.push(...loaded.diagnostics);
    for (const [file, text] of loaded.sources) sources.set(file, text);
  }
  return { found, known: [...places.keys()].sort(), sound, faults, diagnostics };
}

function noFolder(path: string, index: number, reason: string): Fault {
  // With one folder the pointer leads to the text, since nothing is below it.
  return {
    rule: 'config-file-missing',
    severity: 'error',
    pointer: `/plugins/${index}`,
    message: sayUnreadable(`folder ${path}`, reason),
  };
}
