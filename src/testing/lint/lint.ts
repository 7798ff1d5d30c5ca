import { join } from 'node:path';
import { lintUnrouted } from '../../config/lint-routes.js';
import { inOrder, loadConfig } from '../../config/load.js';
import { loadPlugin, type SoundPlugin } from '../../config/plugins/load.js';
import type { Environment } from '../../config/substitute.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { applyLevels, type RuleLevels } from '../../diagnostics/levels.js';
import { blockingDisk } from '../../util/read-text.js';
import { type LintedExamples, lintExamples } from '../plugins/lint-examples.js';
import { tryOwnRoutes } from '../rules/endpoints.js';
import type { Ground } from '../rules/specimens.js';
import type { LintTarget } from './targets.js';

/** What the linter says of some files. */
export interface LintReport {
  /** By target, then by file and place. None is there twice. */
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute path → text of the files that diagnostics can be about. */
  readonly sources: ReadonlyMap<string, string>;
}

interface Linted extends LintReport {
  /** What was linted: gateway.yaml or plugin.yaml. Absolute. */
  readonly file: string;
  readonly plugins: readonly SoundPlugin[];
  readonly levels: RuleLevels;
  /** Tries the rules of endpoints' own routes. `grounds`: by plugin. */
  tryRoutes(grounds: ReadonlyMap<string, Ground>): Promise<readonly Diagnostic[]>;
}

/**
 * Lints configurations with the plugins that they use, as `start` does, and plugins by themselves; of every plugin the
 * examples too, on which the rules of the plugin and of the endpoints are tried. `now` in milliseconds since the epoch.
 */
export async function lint(targets: readonly LintTarget[], environment: Environment, now: number): Promise<LintReport> {
  const sources = new Map<string, string>();
  const found = new Map<string, Diagnostic>();
  const examples = new Map<string, Promise<LintedExamples>>();

  function examplesOf(plugin: SoundPlugin): Promise<LintedExamples> {
    const known = examples.get(plugin.folder) ?? lintExamples(plugin, now, sources);
    examples.set(plugin.folder, known);
    return known;
  }

  for (const target of targets) {
    const linted =
      'config' in target ? await lintConfig(target.config, environment, now) : await lintPlugin(target.plugin);
    for (const [file, text] of linted.sources) sources.set(file, text);
    const tried = await Promise.all(linted.plugins.map(examplesOf));
    const grounds = new Map(tried.map(({ ground }, index) => [linted.plugins[index]?.provider.name ?? '', ground]));
    const late = [...(await linted.tryRoutes(grounds)), ...tried.flatMap(({ diagnostics }) => diagnostics)];
    const all = [...linted.diagnostics, ...applyLevels(late, linted.levels)];
    for (const diagnostic of inOrder(all, linted.file)) found.set(JSON.stringify(diagnostic), diagnostic);
  }
  return { diagnostics: [...found.values()], sources };
}

async function lintConfig(file: string, environment: Environment, now: number): Promise<Linted> {
  const { declared, ...loaded } = await loadConfig(file, environment, now, blockingDisk);
  return { ...loaded, file, tryRoutes: (grounds) => tryOwnRoutes(declared, loaded.plugins, grounds) };
}

async function lintPlugin(plugin: string): Promise<Linted> {
  const own = { file: join(plugin, 'plugin.yaml'), levels: {}, tryRoutes: async () => [] };
  const { sound, diagnostics, sources } = await loadPlugin(plugin, blockingDisk);
  if (sound === undefined) return { ...own, diagnostics, sources, plugins: [] };
  const { provider, document } = sound;
  const unrouted = lintUnrouted(provider, provider.routes, '/routes').map(document.toDiagnostic);
  return { ...own, diagnostics: [...diagnostics, ...unrouted], sources, plugins: [sound] };
}
