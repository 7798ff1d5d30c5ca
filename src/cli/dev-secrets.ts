import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';

/**
 * Makes the secret files that a configuration with the embedded log refers to and that aren't there yet, readable by
 * this user only. A configuration with Kafka gets none: its secrets are real ones. Returns the files made.
 */
export function makeDevSecrets(configFile: string): readonly string[] {
  if (!existsSync(configFile)) return [];
  const { contents } = parseDocument(readFileSync(configFile, 'utf8'));
  if (!isMap(contents) || !contents.has('embedded')) return [];
  const missing = secretFiles(contents)
    .map((file) => resolve(dirname(configFile), file))
    .filter((file) => !existsSync(file));
  for (const file of new Set(missing)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${makeSecret()}\n`, { mode: 0o600, flag: 'wx' });
  }
  return missing;
}

/** Hex digits suit every scheme, whether it takes the key as text, as hex or as base64. */
function makeSecret(): string {
  return randomBytes(32).toString('hex');
}

function secretFiles(root: YAMLMap): readonly string[] {
  return items(root.get('endpoints'))
    .flatMap((endpoint) => (isMap(endpoint) ? items(endpoint.get('secrets')) : []))
    .flatMap((secret) => {
      const file = isMap(secret) ? secret.get('file') : undefined;
      return typeof file === 'string' && !file.includes('${') ? [file] : [];
    });
}

function items(node: unknown): readonly unknown[] {
  return isSeq(node) ? node.items : [];
}
