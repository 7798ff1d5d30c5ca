import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { readLimitsOfNoConfig } from '../config/defaults.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { JunitSuite } from '../diagnostics/junit.js';
import { Failure } from '../exit.js';
import type { CasebookOptions, CasebookResult } from '../testing/cases/run.js';
import type { Rehearsal } from '../testing/plugins/checks.js';
import { isAbsence, sayUnreadable } from '../util/read-fault.js';
import { listFolder } from '../util/read-text.js';
import { describeRehearsal } from './plugin-test-lines.js';
import { findPlugins, presentPlugin } from './plugins.js';
import { present } from './settings.js';
import { describeCasebook, summarizeCase } from './test-case-lines.js';
import { findConfig } from './which-config.js';

export type Unsound = { readonly plugin: string; readonly folder: string; readonly diagnostics: readonly Diagnostic[] };
export type Tested = Omit<CasebookResult, 'text' | 'updated' | 'read'>;

/** What came of one part of a run. */
export interface UnitReport {
  readonly plugins: readonly (Rehearsal | Unsound)[];
  readonly tests: readonly Tested[];
  /** For people: a line for each plugin and file of tests, then what failed in them; what is wrong with files, for stderr. */
  readonly lines: readonly string[];
  readonly failures: readonly string[];
  readonly faults: string;
  /** Folders in which a change may change the report. */
  readonly folders: readonly string[];
}

/** The tests of the configuration, or all of one plugin. */
export interface Unit {
  run(): Promise<UnitReport>;
}

export interface TestFlags {
  readonly config?: string | undefined;
  readonly dir?: string | undefined;
  /** Writes what is into the expectations. */
  readonly update: boolean;
  /** Every plugin, whether the configuration uses it or not. */
  readonly all: boolean;
}

export interface TestPlan {
  /** Absolute; absent: no configuration is tested. */
  readonly config?: string;
  readonly units: readonly Unit[];
}

/**
 * What there is to test: the configuration's own tests, and the plugins of these names; without names those that its
 * endpoints use, with `all` every one there is. Throws a `config` Failure if nobody says which.
 */
export async function planTests(names: readonly string[], flags: TestFlags): Promise<TestPlan> {
  const isAsked = flags.dir === undefined || flags.config !== undefined;
  const file = isAsked ? findConfig(flags.config)?.file : undefined;
  if (file === undefined && isAsked && names.length === 0 && !flags.all) throw nothingToTest();
  const books = file === undefined ? [] : listCasebooks(dirname(file));
  const options = { books, update: flags.update, ...(names.length > 0 && { providers: new Set(names) }) };
  const places = await choosePlugins(names, flags, file);
  return {
    ...(file !== undefined && { config: file }),
    units: [
      ...(file === undefined ? [] : [{ run: () => testConfig(file, options) }]),
      ...[...places].map(([name, folder]) => ({ run: () => testPlugin(name, folder, flags.update) })),
    ],
  };
}

function nothingToTest(): Failure {
  return new Failure(
    'config',
    'No tests ran: there is no ./gateway.yaml and no ./config/gateway.yaml here\n' +
      '  = name a configuration with --config, plugins as in "gateway test stripe", or all plugins with --all',
  );
}

/** Name → folder. A plugin that an endpoint uses and that is nowhere is a fault of the configuration. */
async function choosePlugins(
  names: readonly string[],
  flags: TestFlags,
  file: string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const places = await findPlugins(flags, names);
  if (names.length > 0 || flags.all || file === undefined) return places;
  const { readPluginUse } = await import('../config/plugin-folders.js');
  const used = (await readPluginUse(file, process.env))?.providers;
  return new Map([...places].filter(([name]) => used?.has(name)));
}

function listCasebooks(folder: string): readonly string[] {
  const tests = join(folder, 'tests');
  const listed = listFolder(tests);
  if ('reason' in listed) {
    if (isAbsence(listed.reason)) return [];
    throw new Failure('config', sayUnreadable(`folder ${tests}`, listed.reason));
  }
  return listed.names
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(tests, name));
}

interface ConfigOptions extends Pick<CasebookOptions, 'providers'> {
  /** Paths of the files of tests. */
  readonly books: readonly string[];
  readonly update: boolean;
}

async function testConfig(file: string, { books, update, ...providers }: ConfigOptions): Promise<UnitReport> {
  const [{ loadWithMadeUp }, { summarize }] = await Promise.all([
    import('./load-without-secrets.js'),
    import('./settings.js'),
  ]);
  const loaded = await loadWithMadeUp(file, 'all');
  const { settings, diagnostics, sources, snapshot } = loaded;
  const folders = [...Object.keys(snapshot.texts).map((path) => dirname(path)), join(dirname(file), 'tests')];
  // Of a plugin that was named nothing is tested with it.
  if (settings === undefined && books.length === 0 && providers.providers !== undefined)
    return { plugins: [], tests: [], lines: [], failures: [], faults: '', folders };
  if (settings === undefined) {
    const faults = (await present(diagnostics, sources, process.stderr)) + summarize(file, diagnostics);
    const tests = [{ file, diagnostics, cases: [] }];
    const failures = [`FAILED ${relative('', file)}: it can't be used`];
    return { plugins: [], tests, lines: [], failures, faults: `${faults}\n`, folders };
  }
  const { endpoints, limits, deadLetter } = settings;
  const now = Date.now();
  const options = { ...providers, endpoints, largest: limits.body, deadLetterTopic: deadLetter.topic, now };
  const ran = await runCasebooks(books, options, update);
  const { testOwnRoutes } = await import('./test-routes.js');
  const routes = await testOwnRoutes(file, loaded, providers.providers, now);
  return {
    plugins: [],
    tests: [...ran.tests, ...(routes.tested === undefined ? [] : [routes.tested])],
    ...joinLines(ran, routes.tested === undefined ? none : describeCasebook(routes.tested)),
    faults: ran.faults + (await present(routes.diagnostics, sources, process.stderr)),
    folders: [...folders, ...ran.folders],
  };
}

async function testPlugin(name: string, folder: string, update: boolean): Promise<UnitReport> {
  const [{ openPlugin }, { testPlugin }, { makeTestKeys }] = await Promise.all([
    import('../config/plugins/catalogue.js'),
    import('../testing/plugins/test-plugin.js'),
    import('../testing/plugins/test-endpoint.js'),
  ]);
  const opened = await openPlugin(name, folder);
  const { diagnostics, sound } = opened;
  const folders = [
    folder,
    ...['examples', 'tests'].map((each) => join(folder, each)).filter((each) => existsSync(each)),
  ];
  const faults = diagnostics.length === 0 ? '' : await presentPlugin(opened);
  if (sound === undefined) {
    const failures = [`FAILED ${name}: ${relative('', folder)} can't be used`];
    return { plugins: [{ plugin: name, folder, diagnostics }], tests: [], lines: [], failures, faults, folders };
  }
  const now = Date.now();
  const rehearsal = await testPlugin(sound, now);
  const { endpoint } = makeTestKeys(sound);
  const options = { endpoints: [endpoint], ...(await readLimitsOfNoConfig()), now };
  const ran = await runCasebooks(listCasebooks(folder), options, update);
  return {
    plugins: [rehearsal],
    tests: ran.tests,
    ...joinLines(describeRehearsal(rehearsal), ran),
    faults: faults + ran.faults,
    folders: [...folders, ...ran.folders],
  };
}

const none: Pick<UnitReport, 'lines' | 'failures'> = { lines: [], failures: [] };

function joinLines(
  ...parts: readonly Pick<UnitReport, 'lines' | 'failures'>[]
): Pick<UnitReport, 'lines' | 'failures'> {
  return { lines: parts.flatMap(({ lines }) => lines), failures: parts.flatMap(({ failures }) => failures) };
}

async function runCasebooks(files: readonly string[], options: CasebookOptions, update: boolean) {
  const tests: Tested[] = [];
  let said = none;
  const folders: string[] = [];
  let faults = '';
  if (files.length === 0) return { tests, ...said, faults, folders };
  const { runCasebook } = await import('../testing/cases/run.js');
  for (const file of files) {
    const first = await runCasebook(file, options);
    const isUpdated = update && first.updated !== undefined;
    if (isUpdated) {
      writeFileSync(file, first.updated);
      said = joinLines(said, { lines: [`${relative('', file)}: expectations updated`], failures: [] });
    }
    const { text, updated: _, read, ...tested } = isUpdated ? await runCasebook(file, options) : first;
    if (tested.diagnostics.length > 0)
      faults += await present(tested.diagnostics, new Map([[file, text]]), process.stderr);
    if (tested.cases.length > 0 || tested.diagnostics.length > 0) {
      tests.push(tested);
      said = joinLines(said, describeCasebook(tested));
    }
    folders.push(...read.map((path) => dirname(path)));
  }
  return { tests, ...said, faults, folders };
}

/** How many checks and cases passed and failed; a plugin or a file that can't be used counts as one failure. */
export function countOutcomes(reports: readonly UnitReport[]): { readonly passed: number; readonly failed: number } {
  const cases = toJunit(reports).flatMap((suite) => suite.cases);
  const failed = cases.filter(({ failure }) => failure !== undefined).length;
  return { passed: cases.length - failed, failed };
}

/** Checks that the signature leaves open are no tests. */
export function toJunit(reports: readonly UnitReport[]): readonly JunitSuite[] {
  const ofPlugin = (each: Rehearsal | Unsound): JunitSuite => ({
    name: each.plugin,
    cases: 'checks' in each ? each.checks.filter(({ outcome }) => outcome !== 'unbound').map(toCase) : [unusable],
  });
  const ofBook = ({ file, cases, diagnostics }: Tested): JunitSuite => ({
    name: relative('', file),
    cases:
      diagnostics.length > 0 && cases.length === 0
        ? [unusable]
        : cases.map((each) => ({ name: each.name, ...(each.passed ? {} : { failure: summarizeCase(each) }) })),
  });
  return reports.flatMap(({ tests, plugins }) => [...tests.map(ofBook), ...plugins.map(ofPlugin)]);
}

const unusable = {
  name: 'can be used',
  failure: 'it has faults: gateway lint-config or gateway plugins show says which',
};

function toCase({ example, what, outcome, expected = '', got = '' }: Rehearsal['checks'][number]) {
  const name = example === undefined ? what : `${example}: ${what}`;
  return { name, ...(outcome === 'passed' ? {} : { failure: `expected ${expected}, got ${got}` }) };
}
