import { resolve } from 'node:path';
import type { OpenedPlugin, SoundPlugin } from '../config/plugins/catalogue.js';
import { Failure } from '../exit.js';
import { didYouMean } from './did-you-mean.js';
import { Flags } from './oclif.js';
import { present } from './settings.js';
import { configFlag, findConfig } from './which-config.js';

/** The flags of every command about plugins. */
export const pluginFlags = {
  config: configFlag,
  dir: Flags.string({
    helpValue: 'FOLDER',
    description: 'Folder of plugins. Without it: those of the configuration, else the ones that come with the gateway.',
  }),
};

interface Where {
  readonly config?: string | undefined;
  readonly dir?: string | undefined;
}

/** The folders to look in, absolute. */
export async function pluginFolders({ config, dir }: Where): Promise<readonly string[]> {
  if (dir !== undefined) return [resolve(dir)];
  const { ownPlugins, readPluginFolders } = await import('../config/plugin-folders.js');
  const file = findConfig(config)?.file;
  if (file === undefined) return [ownPlugins];
  const folders = await readPluginFolders(file, process.env);
  if (folders !== undefined) return folders;
  throw new Failure('config', `${file} can't be read`);
}

/** Name → folder of the plugins of these names; all, if none is given. */
export async function findPlugins(where: Where, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const folders = await pluginFolders(where);
  const { listPlugins } = await import('../config/plugins/catalogue.js');
  const places = await listPlugins(folders).catch((error: Error) => {
    throw new Failure('usage', error.message);
  });
  if (names.length === 0) return places;
  const found = new Map<string, string>();
  for (const name of names) {
    const folder = places.get(name);
    if (folder === undefined) {
      const hint = (await didYouMean(name, places.keys())) ?? `there are ${places.size}: gateway plugins list`;
      throw new Failure('usage', `No plugin "${name}" in ${folders.join(', ')}: ${hint}`);
    }
    found.set(name, folder);
  }
  return found;
}

/** The plugin of this name. Throws a `config` Failure that says every fault if it is not sound. */
export async function openSound(where: Where, name: string): Promise<SoundPlugin> {
  const { openPlugin } = await import('../config/plugins/catalogue.js');
  const [[, folder] = ['', '']] = await findPlugins(where, [name]);
  const opened = await openPlugin(name, folder);
  if (opened.sound !== undefined) return opened.sound;
  const { diagnostics } = opened;
  throw new Failure('config', (await presentPlugin(opened)).trimEnd(), { diagnostics });
}

/** What is wrong with a plugin, for people. */
export async function presentPlugin({ diagnostics, sources }: OpenedPlugin): Promise<string> {
  return present(diagnostics, sources, process.stderr);
}
