import { join, resolve } from 'node:path';
import type { Fault, Provider } from '../../core/model.js';
import { compileRule } from '../../core/rules/compile.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { type LocatedDocument, parseYaml, withoutNodes } from '../../diagnostics/parse.js';
import { compileCheck } from '../../diagnostics/schema-check.js';
import { explainErrors } from '../../diagnostics/schema-faults.js';
import { sayUnreadable } from '../../util/read-fault.js';
import { disk, type Files, readSchema } from '../../util/read-text.js';
import { compilePlugin, type PluginSource, type ReferencedFile } from './compile.js';
import type { PluginDeclaration } from './declaration.js';

/** A plugin that was read and has no error. */
export interface SoundPlugin {
  readonly folder: string;
  readonly declaration: PluginDeclaration;
  readonly document: LocatedDocument;
  readonly provider: Provider;
}

export interface LoadedPlugin {
  /** Absent if a diagnostic is an error. */
  readonly provider?: Provider;
  /** The provider with what it was made of. */
  readonly sound?: SoundPlugin;
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute path → text of every file read. */
  readonly sources: ReadonlyMap<string, string>;
}

/** By folder, those without any fault: a reload finds most plugins as they were. */
const compiled = new Map<string, LoadedPlugin>();

/** Reads the plugin in a folder (absolute), and compiles it unless its files are those of the last time. */
export async function loadPlugin(folder: string, files: Files = disk): Promise<LoadedPlugin> {
  const known = compiled.get(folder);
  if (known !== undefined && (await isUnchanged(known.sources, files))) return known;
  const loaded = await load(folder, files);
  if (loaded.sound === undefined || loaded.diagnostics.length > 0) compiled.delete(folder);
  else compiled.set(folder, loaded);
  return loaded;
}

async function isUnchanged(sources: LoadedPlugin['sources'], files: Files): Promise<boolean> {
  const texts = await Promise.all([...sources.keys()].map((path) => files.read(path)));
  return [...sources.values()].every((text, index) => {
    const read = texts[index];
    return read !== undefined && 'text' in read && read.text === text;
  });
}

async function load(folder: string, files: Files): Promise<LoadedPlugin> {
  const sources = new Map<string, string>();
  const read = await readPlugin(folder, sources, files);
  if (read.source === undefined) return { diagnostics: read.diagnostics, sources };
  const { provider, diagnostics } = compilePlugin(read.source);
  const { declaration, document } = read.source;
  return {
    ...(provider !== undefined && {
      provider,
      sound: { folder, declaration, document: withoutNodes(document), provider },
    }),
    diagnostics: [...read.diagnostics, ...diagnostics],
    sources,
  };
}

/** Reads a plugin.yaml with the files that it names, and checks it against its schema. */
export async function readPlugin(
  folder: string,
  sources: Map<string, string> = new Map(),
  from: Files = disk,
): Promise<{ source?: PluginSource; diagnostics: readonly Diagnostic[] }> {
  const file = join(folder, 'plugin.yaml');
  const read = await from.read(file);
  if (!('text' in read)) {
    const message = sayUnreadable('file plugin.yaml', read.reason);
    return { diagnostics: [{ rule: 'plugin-unknown', severity: 'error', file, message }] };
  }
  sources.set(file, read.text);
  const { document, diagnostics } = parseYaml(file, read.text);
  if (document === undefined) return { diagnostics };
  const checked = compileCheck<PluginDeclaration>(await readSchema('plugin'))(document.value);
  if (!('value' in checked)) {
    const faults = [...explainErrors(checked.errors), ...lintLooseRules(document.value)];
    return { diagnostics: [...diagnostics, ...faults.map(document.toDiagnostic)] };
  }
  const declaration = checked.value;
  return {
    source: { folder, document, declaration, files: await readFiles(folder, declaration, sources, from) },
    diagnostics,
  };
}

async function readFiles(
  folder: string,
  { schemas, eventTypes }: PluginDeclaration,
  sources: Map<string, string>,
  from: Files,
): Promise<ReadonlyMap<string, ReferencedFile>> {
  const files = new Map<string, ReferencedFile>();
  for (const name of [...schemas.map(({ schema }) => schema), ...(eventTypes === undefined ? [] : [eventTypes])]) {
    const path = resolve(folder, name);
    const read = await from.read(path);
    files.set(name, { path, ...read });
    if ('text' in read) sources.set(path, read.text);
  }
  return files;
}

/** Places in a plugin.yaml where a text is a rule; `*` stands for each item of a list. */
const places = [
  ...['id', 'id/*', 'type', 'time', 'subject', 'livemode', 'account'].map((fact) => `event/${fact}`),
  ...['schemas/*/when', 'routes/*/when', 'routes/*/key'],
];

/** What is wrong with the rules of a plugin.yaml that its schema does not let through, and of which nothing else is known. */
function lintLooseRules(value: unknown): readonly Fault[] {
  return places.flatMap((place) =>
    find(value, place.split('/'), '').flatMap(([pointer, source]) => {
      const { fault } = compileRule(source);
      return fault === undefined ? [] : [{ ...fault, severity: 'error' as const, pointer }];
    }),
  );
}

function find(value: unknown, [name, ...rest]: readonly string[], pointer: string): readonly [string, string][] {
  if (name === undefined) return typeof value === 'string' && value !== '' ? [[pointer, value]] : [];
  if (name === '*') {
    return Array.isArray(value) ? value.flatMap((item, index) => find(item, rest, `${pointer}/${index}`)) : [];
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
  return find(new Map<string, unknown>(Object.entries(value)).get(name), rest, `${pointer}/${name}`);
}
