import { dirname, join, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { parseYaml } from '../diagnostics/parse.js';
import { packageRoot } from '../package-root.js';
import { readJson, readText } from '../read-text.js';
import { type CheckedGateway, checkGateway } from './check.js';
import { compileConfig } from './compile.js';
import { findPlugins } from './find-plugins.js';
import type { Materials } from './materials.js';
import type { Settings } from './settings.js';
import { type Environment, substitute } from './substitute.js';

export interface LoadedConfig {
  /** Present if no diagnostic is an error. */
  readonly settings?: Settings;
  /** Every fault of every file: gateway.yaml first, then by place. */
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute path → text of the files that diagnostics can be about. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Loads a gateway.yaml with all that it refers to: what `start` runs and `lint-config` checks. `now` in milliseconds
 * since the epoch.
 */
export async function loadConfig(file: string, environment: Environment, now: number): Promise<LoadedConfig> {
  const path = resolve(file);
  const sources = new Map<string, string>();
  const read = await readText(path);
  if (!('text' in read)) return { diagnostics: [unreadable(path, read.reason)], sources };
  sources.set(path, read.text);
  const { document, diagnostics } = parseYaml(path, read.text);
  if (document === undefined) return { diagnostics: inOrder(diagnostics), sources };
  const substitution = substitute(document.value, environment);
  const checked = checkGateway(await readJson(join(packageRoot, 'schemas', 'gateway.schema.json')), substitution);
  const base = dirname(path);
  const names = new Set([...checked.endpoints.values()].map(({ provider }) => provider));
  const plugins = await findPlugins(checked.plugins, base, names, sources);
  const materials: Materials = { base, environment, now, files: await readFiles(checked, base) };
  const compiled = compileConfig(document, checked, substitution.substituted, plugins, materials);
  const all = [
    ...inOrder([...diagnostics, ...plugins.faults.map(document.toDiagnostic), ...compiled.diagnostics]),
    ...inOrder(plugins.diagnostics),
  ];
  const broken = all.some(({ severity }) => severity === 'error');
  return {
    ...(compiled.settings === undefined || broken ? {} : { settings: compiled.settings }),
    diagnostics: all,
    sources,
  };
}

/** The files that secrets, keys and certificates are in. */
async function readFiles({ endpoints, kafka }: CheckedGateway, base: string): Promise<Materials['files']> {
  const references = [
    ...[...endpoints.values()].flatMap(({ secrets }) => secrets),
    kafka?.tls?.key,
    kafka?.sasl?.password,
  ];
  const names = [...references.map((reference) => reference?.file), kafka?.tls?.ca, kafka?.tls?.cert];
  const paths = new Set(names.filter((name) => name !== undefined).map((name) => resolve(base, name)));
  return new Map(await Promise.all([...paths].map(async (path) => [path, await readText(path)] as const)));
}

function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const files = [...new Set(diagnostics.map(({ file }) => file))];
  const offset = ({ range }: Diagnostic) => range?.start.offset ?? 0;
  return diagnostics.toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || offset(a) - offset(b));
}

function unreadable(file: string, reason: string): Diagnostic {
  return {
    ...{ rule: 'config-missing', severity: 'error', file },
    message: reason === 'ENOENT' ? 'There is no such file' : `The file can't be read (${reason})`,
    hint: 'give the path of a gateway.yaml; there is one in config/',
  };
}
