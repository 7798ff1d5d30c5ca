import { createHash } from 'node:crypto';
import { dirname, relative, resolve } from 'node:path';
import type { Fault } from '../core/model.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { applyLevels, type RuleLevels } from '../diagnostics/levels.js';
import { parseYaml, withoutNodes } from '../diagnostics/parse.js';
import { sayUnreadable } from '../util/read-fault.js';
import { disk, type Files, readSchema, recordFiles, type Snapshot } from '../util/read-text.js';
import { type CheckedGateway, checkGateway } from './check.js';
import { compileConfig } from './compile.js';
import { Defaults } from './defaults.js';
import type { Materials } from './external-inputs.js';
import { findPluginFolders } from './find-plugins.js';
import { locateInSource } from './locate-in-source.js';
import type { RouteDeclaration } from './plugins/declaration.js';
import type { SoundPlugin } from './plugins/load.js';
import type { GatewaySettings } from './settings.js';
import { type Environment, substitute } from './substitute.js';

/** The own routes of an endpoint. */
export interface DeclaredRoutes {
  /** JSON pointer. */
  readonly pointer: string;
  /** Of the endpoint. */
  readonly name: string;
  readonly provider: string;
  readonly path: string;
  /** Absent item: a fault hides what gets to it. */
  readonly routes: readonly (Partial<RouteDeclaration> | undefined)[];
}

export interface LoadedConfig {
  /** Present if no diagnostic is an error. */
  readonly settings?: GatewaySettings;
  /** Every fault of every file: gateway.yaml first, then by place. */
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute path → text of the files that diagnostics can be about. */
  readonly sources: ReadonlyMap<string, string>;
  /** The plugins that the endpoints use and that have no error. */
  readonly plugins: readonly SoundPlugin[];
  /** Of gateway.yaml, for what is found out about it later: the own routes of its endpoints, and where they stand. */
  readonly declared: {
    readonly endpoints: readonly DeclaredRoutes[];
    readonly toDiagnostic: (fault: Fault) => Diagnostic;
  };
  /** What the file says of the linter's rules. */
  readonly levels: RuleLevels;
  /** Of `sources`, not of the secrets: the same on every machine that has the same files. */
  readonly digest: string;
  /** Milliseconds since the epoch. */
  readonly loadedAt: number;
  /** All that was read, secrets too. */
  readonly snapshot: Snapshot;
}

/**
 * Loads a gateway.yaml with all that it refers to: what `start` runs and `lint-config` checks. `now` in milliseconds
 * since the epoch. `from`: where files are read, such as the snapshot of another load.
 */
export async function loadConfig(
  file: string,
  environment: Environment,
  now: number,
  from: Files = disk,
): Promise<LoadedConfig> {
  const files = recordFiles(from);
  const checked = await check(resolve(file), environment, now, files);
  const digest = digestSources(dirname(resolve(file)), checked.sources);
  return { ...checked, digest, loadedAt: now, snapshot: files.snapshot() };
}

async function check(
  path: string,
  environment: Environment,
  now: number,
  from: Files,
): Promise<Omit<LoadedConfig, 'digest' | 'loadedAt' | 'snapshot'>> {
  const sources = new Map<string, string>();
  const read = await from.read(path);
  const nowhere = (fault: Fault): Diagnostic => ({ ...fault, file: path });
  const declared = { endpoints: [], toDiagnostic: nowhere };
  const nothing = { sources, plugins: [], levels: {}, declared };
  if (!('text' in read)) return { diagnostics: [unreadable(path, read.reason)], ...nothing };
  sources.set(path, read.text);
  const { document, diagnostics } = parseYaml(path, read.text);
  if (document === undefined) return { diagnostics: inOrder(diagnostics), ...nothing };
  const substitution = substitute(document.value, environment);
  const schema = await readSchema('gateway');
  const checked = checkGateway(schema, substitution);
  const base = dirname(path);
  const { endpoints = [] } = checked.rest;
  const names = new Set(endpoints.flatMap(({ provider }) => provider ?? []));
  const plugins = await findPluginFolders(checked.plugins, base, names, sources, from);
  const files = await readFiles(checked, base, from);
  const materials: Materials = { base, environment, now, files, defaults: new Defaults(schema) };
  const compiled = compileConfig(document, checked, substitution, plugins, materials);
  // Whoever runs the gateway keeps this: the text takes less than the parsed document.
  const { toDiagnostic: locate } = withoutNodes(document);
  const toDiagnostic = (fault: Fault) => locate(locateInSource(fault, substitution, base));
  const missing = plugins.faults.map((fault) => locateInSource(fault, substitution, base));
  const own = [...diagnostics, ...missing.map(document.toDiagnostic), ...compiled.diagnostics];
  const levels = checked.lint.rules ?? {};
  const all = applyLevels([...inOrder(own), ...inOrder(plugins.diagnostics)], levels);
  const broken = all.some(({ severity }) => severity === 'error');
  return {
    ...(compiled.settings === undefined || broken ? {} : { settings: compiled.settings }),
    diagnostics: all,
    sources,
    plugins: plugins.sound,
    levels,
    declared: { endpoints: listTried(checked), toDiagnostic },
  };
}

/** The endpoints whose routes can be tried, and of those the routes of which it is known what gets to them. */
function listTried({ rest: { endpoints = [] }, isSound }: CheckedGateway): LoadedConfig['declared']['endpoints'] {
  return endpoints.flatMap(({ name, provider, path = '', routes = [] }, index) => {
    const at = `/endpoints/${index}/routes`;
    const known = routes.map((route, each) =>
      isSound(`${at}/${each}/events`) && isSound(`${at}/${each}/when`) && Object.keys(route).length > 0
        ? route
        : undefined,
    );
    return provider === undefined ? [] : [{ pointer: at, name: name ?? provider, provider, path, routes: known }];
  });
}

/** The files that secrets, keys and certificates are in. */
async function readFiles(
  { rest: { endpoints = [], kafka, dedupe: { redis } = {}, admin, telemetry, server: { tls } = {} } }: CheckedGateway,
  base: string,
  from: Files,
): Promise<Materials['files']> {
  const { password, clientCredentials } = kafka?.sasl ?? {};
  const ofServers = [kafka?.tls?.key, password, clientCredentials?.clientSecret, admin?.token, tls?.key];
  const ofRedis = [redis?.tls?.key, redis?.password, redis?.sentinel?.password];
  const ofEndpoints = endpoints.flatMap(({ secrets = [], protect }) => [...secrets, protect?.key]);
  const ofCollector = Object.values(telemetry?.otlp?.headers ?? {});
  const certificates = [kafka?.tls?.ca, kafka?.tls?.cert, redis?.tls?.ca, redis?.tls?.cert, tls?.cert, tls?.clientCa];
  const names = [
    ...[...ofEndpoints, ...ofServers, ...ofRedis, ...ofCollector].map((reference) => reference?.file),
    ...certificates,
  ];
  const paths = new Set(names.filter((name) => name !== undefined).map((name) => resolve(base, name)));
  return new Map(await Promise.all([...paths].map(async (path) => [path, await from.read(path)] as const)));
}

/** 16 hexadecimal digits: enough to tell one configuration from another. */
function digestSources(base: string, sources: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const [path, text] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([relative(base, path), text]));
  }
  return hash.digest('hex').slice(0, 16);
}

/** By file, `first` before the others, then by place. */
export function inOrder(diagnostics: readonly Diagnostic[], ...first: readonly string[]): readonly Diagnostic[] {
  const files = [...new Set([...first, ...diagnostics.map(({ file }) => file)])];
  const offset = ({ range }: Diagnostic) => range?.start.offset ?? 0;
  return diagnostics.toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || offset(a) - offset(b));
}

function unreadable(file: string, reason: string): Diagnostic {
  return {
    rule: 'config-missing',
    severity: 'error',
    file,
    message: reason === 'ENOENT' ? 'There is no such file' : sayUnreadable('this file', reason),
    hint: 'give the path of a gateway.yaml; gateway init writes one',
  };
}
