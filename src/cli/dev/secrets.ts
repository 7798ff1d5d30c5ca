import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { YAMLMap } from 'yaml';
import { readPluginFolders } from '../../config/plugin-folders.js';
import { listPlugins } from '../../config/plugins/catalogue.js';
import type { PluginDeclaration } from '../../config/plugins/declaration.js';
import { readPlugin } from '../../config/plugins/load.js';
import { makeSecretText } from '../../testing/plugins/secrets.js';
import { privateFile, privateFolder } from '../../util/file-modes.js';
import { require } from '../../util/require.js';

const { isMap, isSeq, parseDocument }: typeof import('yaml') = require('yaml');

/** A secret file that an endpoint refers to. */
interface SecretFile {
  readonly file: string;
  /** Name of the plugin. */
  readonly provider: string;
  /** What the secret is for, as far as the configuration says. */
  readonly kind: string;
}

/**
 * Makes the secret files that a configuration with the embedded log refers to and that aren't there yet, readable by
 * this user only. A configuration with Kafka gets none: its secrets are real ones. Resolves to the files made.
 */
export async function makeDevSecrets(configFile: string): Promise<readonly string[]> {
  if (!existsSync(configFile)) return [];
  const { contents } = parseDocument(readFileSync(configFile, 'utf8'));
  if (!isMap(contents) || !contents.has('embedded')) return [];
  const missing = new Map<string, SecretFile>();
  for (const secret of secretFiles(contents)) {
    const file = resolve(dirname(configFile), secret.file);
    if (!existsSync(file) && !missing.has(file)) missing.set(file, secret);
  }
  for (const [file, { provider, kind }] of missing) {
    const text = makeSecretText(await declarationOf(provider, configFile), kind);
    mkdirSync(dirname(file), { recursive: true, mode: privateFolder });
    writeFileSync(file, `${text}\n`, { mode: privateFile, flag: 'wx' });
  }
  return [...missing.keys()];
}

/** The declaration of a configuration's plugin. Undefined where there is no such plugin, or an unsound one: what is wrong is said when the configuration is loaded. */
export async function declarationOf(provider: string, configFile: string): Promise<PluginDeclaration | undefined> {
  const folders = (await readPluginFolders(configFile, process.env)) ?? [];
  const places = await listPlugins(folders).catch(() => new Map<string, string>());
  const folder = places.get(provider);
  return folder === undefined ? undefined : (await readPlugin(folder)).source?.declaration;
}

function secretFiles(root: YAMLMap): readonly SecretFile[] {
  return items(root.get('endpoints')).flatMap((endpoint) => {
    if (!isMap(endpoint)) return [];
    return items(endpoint.get('secrets')).flatMap((secret) => {
      const file = isMap(secret) ? secret.get('file') : undefined;
      if (!isMap(secret) || typeof file !== 'string' || file.includes('${')) return [];
      return [
        { file, provider: String(endpoint.get('provider')), kind: String(secret.get('for') ?? secret.get('name')) },
      ];
    });
  });
}

function items(node: unknown): readonly unknown[] {
  return isSeq(node) ? node.items : [];
}
