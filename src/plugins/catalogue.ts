import { join, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { LocatedDocument } from '../diagnostics/parse.js';
import type { Provider } from '../model.js';
import { disk } from '../read-text.js';
import { compilePlugin } from './compile.js';
import type { PluginDeclaration } from './declaration.js';
import { readPlugin } from './load.js';

/** A plugin that was read and is sound. */
export interface SoundPlugin {
  readonly folder: string;
  readonly declaration: PluginDeclaration;
  readonly document: LocatedDocument;
  readonly provider: Provider;
}

/** A plugin as it was found: `sound` is absent if a diagnostic is an error. */
export interface OpenedPlugin {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly sound?: SoundPlugin;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

/** Name → absolute path of every plugin in the folders; of two with the same name, the first one's, as endpoints have it. */
export async function listPlugins(folders: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const places = new Map<string, string>();
  for (const folder of folders) {
    const names = await disk.listPlugins(resolve(folder));
    if (names === undefined) throw new Error(`There is no folder ${folder}`);
    for (const name of names.toSorted()) if (!places.has(name)) places.set(name, resolve(join(folder, name)));
  }
  return places;
}

/** Reads and compiles the plugin in a folder. */
export async function openPlugin(name: string, folder: string): Promise<OpenedPlugin> {
  const sources = new Map<string, string>();
  const { source, diagnostics } = await readPlugin(folder, sources);
  if (source === undefined) return { name, folder, diagnostics, sources };
  const compiled = compilePlugin(source);
  const { declaration, document } = source;
  return {
    ...{ name, folder, sources, diagnostics: [...diagnostics, ...compiled.diagnostics] },
    ...(compiled.provider === undefined
      ? {}
      : { sound: { folder, declaration, document, provider: compiled.provider } }),
  };
}
