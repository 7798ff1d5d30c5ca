import type { SoundPlugin } from '../config/plugins/catalogue.js';
import { Failure } from '../exit.js';
import { openSound } from './plugins.js';

/** Names of providers from flags, each of which may have several with commas between them. Throws a usage Failure if there is none. */
export function splitProviders(flags: readonly string[]): readonly string[] {
  const names = flags.flatMap((flag) => flag.split(',')).map((name) => name.trim());
  const given = [...new Set(names.filter((name) => name !== ''))];
  if (given.length === 0)
    throw new Failure('usage', '--provider: give a name, such as stripe; gateway plugins list has all');
  return given;
}

/** The plugins of these names, from the package. Throws a usage Failure, with a did-you-mean, if there is no such one. */
export async function openOwnPlugins(names: readonly string[]): Promise<readonly SoundPlugin[]> {
  const { ownPlugins } = await import('../config/plugin-folders.js');
  return Promise.all(names.map((name) => openSound({ dir: ownPlugins }, name)));
}
