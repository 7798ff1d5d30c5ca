import { loadConfig } from '../config/load.js';
import { lintUnrouted } from '../config/reach.js';
import type { Environment } from '../config/substitute.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { applyLevels, type RuleLevels } from '../diagnostics/levels.js';
import { loadPlugin, type SoundPlugin } from '../plugins/load.js';
import { blockingDisk } from '../read-text.js';
import { lintExamples } from '../rehearsal/lint-examples.js';
import type { LintTarget } from './targets.js';

/** What the linter says of some files. */
export interface LintReport {
  /** By target, then by file and place. None is there twice. */
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute path → text of the files that diagnostics can be about. */
  readonly sources: ReadonlyMap<string, string>;
}

interface Linted extends LintReport {
  readonly plugins: readonly SoundPlugin[];
  readonly levels: RuleLevels;
}

/**
 * Lints configurations with the plugins that they use, as `start` does, and plugins by themselves; of every plugin the
 * examples too. `now` in milliseconds since the epoch.
 */
export async function lint(targets: readonly LintTarget[], environment: Environment, now: number): Promise<LintReport> {
  const sources = new Map<string, string>();
  const found = new Map<string, Diagnostic>();
  const examples = new Map<string, Promise<readonly Diagnostic[]>>();

  function examplesOf(plugin: SoundPlugin): Promise<readonly Diagnostic[]> {
    const known = examples.get(plugin.folder) ?? lintExamples(plugin, now, sources);
    examples.set(plugin.folder, known);
    return known;
  }

  for (const target of targets) {
    const linted =
      'config' in target ? await loadConfig(target.config, environment, now, blockingDisk) : await lintPlugin(target);
    for (const [file, text] of linted.sources) sources.set(file, text);
    const failing = (await Promise.all(linted.plugins.map(examplesOf))).flat();
    for (const diagnostic of [...linted.diagnostics, ...applyLevels(failing, linted.levels)]) {
      found.set(JSON.stringify(diagnostic), diagnostic);
    }
  }
  return { diagnostics: [...found.values()], sources };
}

async function lintPlugin({ plugin }: { readonly plugin: string }): Promise<Linted> {
  const { sound, diagnostics, sources } = await loadPlugin(plugin, blockingDisk);
  if (sound === undefined) return { diagnostics, sources, plugins: [], levels: {} };
  const { provider, document } = sound;
  const unrouted = lintUnrouted(provider, provider.routes, '/routes').map(document.toDiagnostic);
  return { diagnostics: [...diagnostics, ...unrouted], sources, plugins: [sound], levels: {} };
}
