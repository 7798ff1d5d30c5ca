import { dirname, join, resolve } from 'node:path';
import { parseYaml } from '../diagnostics/parse.js';
import { packageRoot } from '../util/package-root.js';
import { disk, readSchema } from '../util/read-text.js';
import { checkGateway } from './check.js';
import { type Environment, substitute } from './substitute.js';

/** The plugins of this package. */
export const ownPlugins: string = join(packageRoot, 'plugins');

/** What a gateway.yaml says of plugins, whatever else is wrong with it. */
export interface PluginUse {
  /** Absolute: where they are. */
  readonly folders: readonly string[];
  /** Names of those that its endpoints use. */
  readonly providers: ReadonlySet<string>;
}

/** The folders that a gateway.yaml has its plugins in, absolute. Absent if the file can't be read. */
export async function readPluginFolders(
  file: string,
  environment: Environment,
): Promise<readonly string[] | undefined> {
  return (await readPluginUse(file, environment))?.folders;
}

/** Absent if the file can't be read. */
export async function readPluginUse(file: string, environment: Environment): Promise<PluginUse | undefined> {
  const read = await disk.read(file);
  if (!('text' in read)) return undefined;
  const { document } = parseYaml(file, read.text);
  if (document === undefined) return undefined;
  const schema = await readSchema('gateway');
  const { plugins, rest } = checkGateway(schema, substitute(document.value, environment));
  return {
    folders: plugins?.map((folder) => resolve(dirname(file), folder)) ?? [ownPlugins],
    providers: new Set(rest.endpoints?.flatMap(({ provider }) => provider ?? [])),
  };
}
