import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { RuleLevel, RuleLevels } from '../diagnostics/levels.js';
import { Failure } from '../exit.js';
import { didYouMean } from './did-you-mean.js';
import { present, summarize } from './settings.js';

export const lintFormats = ['pretty', 'json', 'sarif', 'github', 'junit'] as const;

export interface Linted {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
  /** What was checked. Absolute. */
  readonly files: readonly string[];
  /** Whether warnings count as failures. */
  readonly strict: boolean;
}

/** The findings in one of the formats, for stdout. `version`: of this program. */
export async function formatLinted(
  format: (typeof lintFormats)[number],
  { diagnostics, sources, files, strict }: Linted,
  version: string,
): Promise<string> {
  const base = process.cwd();
  switch (format) {
    case 'sarif':
      return (await import('../diagnostics/sarif.js')).formatSarif(diagnostics, base, version);
    case 'junit':
      return (await import('../diagnostics/junit.js')).formatJunit(diagnostics, files, base, { strict });
    case 'github':
      return (await import('../diagnostics/formats.js')).formatGithub(diagnostics, base);
    case 'json':
      return (await import('../diagnostics/formats.js')).formatJson(diagnostics);
    case 'pretty':
      return present(diagnostics, sources, process.stdout);
  }
}

/** One line about what was found: `config/gateway.yaml: 1 warning`, `3 files: no faults`. */
export function summarizeLinted({ files, diagnostics }: Pick<Linted, 'files' | 'diagnostics'>): string {
  const [only, ...others] = files;
  if (only !== undefined && others.length === 0) return summarize(only, diagnostics);
  return summarize(`${files.length} configurations and plugins`, diagnostics);
}

/** The levels of `--rule ID=LEVEL`. Throws a usage Failure for one that can't be. */
export async function readLevels(flags: readonly string[]): Promise<RuleLevels> {
  if (flags.length === 0) return {};
  const { ruleDefinitions } = await import('../diagnostics/rules.js');
  const levels = new Map<string, RuleLevel>();
  for (const flag of flags) {
    const [, id = '', level = ''] = /^([^=]*)=(.*)$/.exec(flag) ?? [];
    if (!isLevel(level)) throw new Failure('usage', `--rule ${flag}: not of the form ID=off, ID=warn or ID=error`);
    const definition = ruleDefinitions.find((rule) => rule.id === id);
    if (definition === undefined) {
      const near = await didYouMean(
        id,
        ruleDefinitions.map((rule) => rule.id),
      );
      throw new Failure('usage', `There is no rule "${id}"${near === undefined ? '' : `: ${near}`}`);
    }
    if (definition.severity === 'error' && level !== 'error') {
      throw new Failure('usage', `${id} can't be turned off or lowered: the gateway does not start with such a fault`);
    }
    levels.set(id, level);
  }
  return Object.fromEntries(levels);
}

function isLevel(text: string): text is RuleLevel {
  return text === 'off' || text === 'warn' || text === 'error';
}
