import { join, relative, resolve } from 'node:path';
import type { SoundPlugin } from '../../../config/plugins/catalogue.js';
import type { PluginFiles } from '../../../config/plugins/scaffold.js';
import { Failure } from '../../../exit.js';
import { BaseCommand } from '../../base-command.js';
import { Args, Flags } from '../../oclif.js';
import { findPlugins, openSound, pluginFolders } from '../../plugins.js';
import { configFlag, findConfig } from '../../which-config.js';

interface Made {
  readonly plugin: string;
  readonly folder: string;
  readonly files: readonly string[];
}

export default class PluginsNew extends BaseCommand {
  static override summary = 'Make the folder of a new plugin, which lints clean and passes its test.';
  static override description = 'Nothing is overwritten: the folder must not exist yet.';
  static override examples = [
    '<%= config.bin %> plugins new acme',
    '<%= config.bin %> plugins new acme --like standard_webhooks',
  ];
  static override args = {
    name: Args.string({ name: 'NAME', required: true, description: 'Lower-case letters, digits and _.' }),
  };
  static override flags = {
    config: configFlag,
    dir: Flags.string({
      helpValue: 'FOLDER',
      description: 'Folder of plugins to put it into. Without it: the first of the configuration, else ./plugins.',
    }),
    like: Flags.string({ helpValue: 'PLUGIN', description: 'Begin with a copy of this one.' }),
  };

  override async run(): Promise<Made> {
    const { args, flags } = await this.parse(PluginsNew);
    const { name } = args;
    if (!/^[a-z0-9_]{1,64}$/.test(name)) {
      throw new Failure('usage', `${name}: the name of a plugin has lower-case letters, digits and _ only`);
    }
    const folders = await pluginFolders({ config: flags.config });
    const root = flags.dir === undefined ? await defaultRoot(folders) : resolve(flags.dir);
    const folder = join(root, name);
    const { writePlugin } = await import('../../../config/plugins/scaffold.js');
    const files = await filesOf(name, folder, flags.like, root, flags.config);
    if (!(await writePlugin(folder, files))) {
      throw new Failure('negative', `${relative('', folder)} is there already; nothing was written`);
    }
    const plugin = await openSound({ dir: root }, name);
    const known = folders.includes(root);
    const use = { known, replaces: await placeOfOther(name, folders, root), isUsed: await isUsed(name, flags.config) };
    this.log(await nextSteps(plugin, root, [...files.keys()], use));
    return { plugin: name, folder, files: [...files.keys()] };
  }
}

interface Use {
  /** The configuration has the folder among its plugins. */
  readonly known: boolean;
  /** The folder of another plugin of this name. */
  readonly replaces: string | undefined;
  /** An endpoint is of a plugin of this name. */
  readonly isUsed: boolean;
}

async function placeOfOther(name: string, folders: readonly string[], root: string): Promise<string | undefined> {
  const { listPlugins } = await import('../../../config/plugins/catalogue.js');
  const others = folders.filter((folder) => folder !== root);
  return (await listPlugins(others).catch(() => new Map<string, string>())).get(name);
}

async function isUsed(name: string, config: string | undefined): Promise<boolean> {
  const file = findConfig(config)?.file;
  if (file === undefined) return false;
  const { readPluginUse } = await import('../../../config/plugin-folders.js');
  return (await readPluginUse(file, process.env))?.providers.has(name) === true;
}

/** The package's own plugins are not the operator's to add to, unless they are those of the project in this directory. */
async function defaultRoot(folders: readonly string[]): Promise<string> {
  const { ownPlugins } = await import('../../../config/plugin-folders.js');
  return folders.find((folder) => folder !== ownPlugins) ?? resolve('plugins');
}

async function filesOf(
  name: string,
  folder: string,
  like: string | undefined,
  root: string,
  config: string | undefined,
): Promise<PluginFiles> {
  const { likePlugin, newPlugin } = await import('../../../config/plugins/scaffold.js');
  if (like === undefined) return newPlugin(name, folder);
  const { listPlugins } = await import('../../../config/plugins/catalogue.js');
  const beside = await listPlugins([root]).catch(() => new Map<string, string>());
  const where = beside.has(like) ? { dir: root } : { config };
  const [[, from] = ['', '']] = await findPlugins(where, [like]);
  await openSound(where, like);
  return likePlugin(name, folder, like, from);
}

async function nextSteps(plugin: SoundPlugin, root: string, files: readonly string[], use: Use): Promise<string> {
  const { name } = plugin.provider;
  const folder = relative('', root) || '.';
  const { known, replaces, isUsed } = use;
  const before = known ? 'goes before' : 'goes before, where its folder is the first in "plugins",';
  return [
    ...files.toSorted().map((file) => `  ${join(folder, name, file)}`),
    '',
    ...(replaces === undefined ? [] : [`This plugin ${before} the one of the same name in ${replaces}.`, '']),
    'Next:',
    `  1. Say in plugin.yaml how ${name} signs; put deliveries of it into examples/, named after their event types.`,
    `  2. gateway test ${name}${known ? '' : ` --dir ${folder}`}`,
    ...(isUsed
      ? ['  3. The configuration has an endpoint of it already.']
      : ['  3. Add an endpoint to gateway.yaml:', '', ...(await endpointLines(plugin))]),
    ...(known ? [] : ['', `  and this folder to its "plugins", which lists the folders in their order: ${folder}`]),
  ].join('\n');
}

async function endpointLines(plugin: SoundPlugin): Promise<readonly string[]> {
  const { endpointYaml } = await import('../../endpoint-yaml.js');
  const variable = (provider: string, kind: string, ofSeveral: boolean) =>
    `env: ${`${provider}_${ofSeveral ? kind : 'secret'}`.toUpperCase()}`;
  return endpointYaml(plugin, variable, () => '…').lines;
}
