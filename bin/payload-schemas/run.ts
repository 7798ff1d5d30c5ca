/**
 * Makes the payload schemas of plugins from what their providers publish: OpenAPI, or the types of an SDK.
 * Usage: npm run payload-schemas -- --sources FOLDER [NAME …]. `maps/NAME.yaml` says which files it wants in FOLDER/NAME.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { compose, type SchemaMap } from './compose.js';
import { readDeclarations } from './declarations.js';
import type { Source } from './fields.js';
import { readOpenapi } from './openapi.js';
import { print } from './write.js';

/** maps/NAME.yaml */
interface PluginMap extends SchemaMap {
  /** Of the file in plugins/NAME. */
  readonly schema: string;
  /** A sentence for those who read the schema: of which versions, by which licence. */
  readonly provenance: string;
  /** Files in the folder of sources, and where they come from. */
  readonly sources: readonly { readonly file: string; readonly of: string }[];
}

const maps = new URL('maps/', import.meta.url);
const plugins = new URL('../../plugins/', import.meta.url);
const { values, positionals } = parseArgs({ options: { sources: { type: 'string' } }, allowPositionals: true });
const names = positionals.length > 0 ? positionals : readdirSync(maps).map((file) => file.replace('.yaml', ''));
const folder = values.sources;
if (folder === undefined) throw new Error('Say with --sources where the descriptions of the providers are');

for (const name of names) {
  const map: PluginMap = parse(readFileSync(new URL(`${name}.yaml`, maps), 'utf8'));
  const missing = map.sources.filter(({ file }) => !existsSync(`${folder}/${name}/${file}`));
  if (missing.length > 0) {
    const wanted = missing.map(({ file, of }) => `  ${folder}/${name}/${file}: ${of}`);
    throw new Error(`${name}: these files are missing\n${wanted.join('\n')}`);
  }
  const text = print(
    compose(
      map,
      map.sources.map(({ file }) => open(`${folder}/${name}/${file}`)),
      commentOf(name, map),
    ),
  );
  const file = new URL(`${name}/${map.schema}`, plugins);
  writeFileSync(file, `${text}\n`);
  process.stdout.write(`${fileURLToPath(file)}: ${text.length} bytes\n`);
}

function open(file: string): Source {
  if (file.endsWith('.d.ts')) return readDeclarations(file);
  const text = readFileSync(file, 'utf8');
  return readOpenapi(file.endsWith('.json') ? JSON.parse(text) : parse(text, { maxAliasCount: -1, uniqueKeys: false }));
}

function commentOf(name: string, { provenance }: PluginMap): string {
  return `${provenance} Made by npm run payload-schemas: change bin/payload-schemas/maps/${name}.yaml.`;
}
