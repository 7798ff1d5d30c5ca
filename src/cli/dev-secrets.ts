import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isMap, isScalar, isSeq, parse, parseDocument, type YAMLMap } from 'yaml';
import { packageRoot } from '../package-root.js';
import type { PluginDeclaration } from '../plugins/declaration.js';
import { makeSecretText } from '../signature/development.js';

/**
 * Makes the secret files that a configuration with the embedded log refers to and that aren't there yet, readable by
 * this user only. A configuration with Kafka gets none: its secrets are real ones. Returns the files made.
 */
export function makeDevSecrets(configFile: string): readonly string[] {
  if (!existsSync(configFile)) return [];
  const { contents } = parseDocument(readFileSync(configFile, 'utf8'));
  if (!isMap(contents) || !contents.has('embedded')) return [];
  const base = dirname(configFile);
  const made: string[] = [];
  for (const { file, provider, kind } of secretFiles(contents)) {
    const path = resolve(base, file);
    if (existsSync(path)) continue;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${makeSecret(base, contents.get('plugins'), provider, kind)}\n`, { mode: 0o600, flag: 'wx' });
    made.push(path);
  }
  return made;
}

/** What the plugin's scheme takes; hex digits, which suit most, where the plugin isn't found: lint says so. */
function makeSecret(base: string, plugins: unknown, provider: string, kind: string | undefined): string {
  const listed = isSeq(plugins) ? plugins.items.map((item) => (isScalar(item) ? item.value : item)) : [plugins];
  const folders = listed.filter((folder) => typeof folder === 'string');
  const places = (folders.length === 0 ? [join(packageRoot, 'plugins')] : folders).map((folder) =>
    resolve(base, folder, provider, 'plugin.yaml'),
  );
  const found = places.find((place) => existsSync(place));
  try {
    if (found === undefined) return makeSecretText({ any: [] });
    const plugin: PluginDeclaration = parse(readFileSync(found, 'utf8'), { merge: true });
    return makeSecretText(plugin.signature, kind !== undefined && plugin.secrets?.[kind] ? kind : undefined);
  } catch {
    return makeSecretText({ any: [] });
  }
}

interface SecretFile {
  readonly file: string;
  readonly provider: string;
  /** What it is for, if it says so. */
  readonly kind: string | undefined;
}

function secretFiles(root: YAMLMap): readonly SecretFile[] {
  return items(root.get('endpoints')).flatMap((endpoint) => {
    if (!isMap(endpoint)) return [];
    const provider = String(endpoint.get('provider'));
    return items(endpoint.get('secrets')).flatMap((secret) => {
      const file = isMap(secret) ? secret.get('file') : undefined;
      const kind = isMap(secret) ? (secret.get('for') ?? secret.get('name')) : undefined;
      if (typeof file !== 'string' || file.includes('${')) return [];
      return [{ file, provider, kind: typeof kind === 'string' ? kind : undefined }];
    });
  });
}

function items(node: unknown): readonly unknown[] {
  return isSeq(node) ? node.items : [];
}
