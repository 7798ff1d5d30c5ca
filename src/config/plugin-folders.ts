import { dirname, join, resolve } from 'node:path';
import { parseYaml } from '../diagnostics/parse.js';
import { packageRoot } from '../package-root.js';
import { disk, readSchema } from '../read-text.js';
import { checkGateway } from './check.js';
import { type Environment, substitute } from './substitute.js';

/** The plugins of this package. */
export const ownPlugins: string = join(packageRoot, 'plugins');

/**
 * The folders that a gateway.yaml has its plugins in, absolute, whatever else is wrong with the file. Absent if the file
 * can't be read.
 */
export async function readPluginFolders(
  file: string,
  environment: Environment,
): Promise<readonly string[] | undefined> {
  const read = await disk.read(file);
  if (!('text' in read)) return undefined;
  const { document } = parseYaml(file, read.text);
  if (document === undefined) return undefined;
  const schema = await readSchema('gateway');
  const { plugins } = checkGateway(schema, substitute(document.value, environment));
  return plugins?.map((folder) => resolve(dirname(file), folder)) ?? [ownPlugins];
}
