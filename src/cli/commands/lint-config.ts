import { relative, resolve } from 'node:path';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { Failure } from '../../exit.js';
import { escapeJson } from '../../util/printable.js';
import { BaseCommand } from '../base-command.js';
import { formatLinted, lintFormats, readLevels, summarizeLinted } from '../lint-report.js';
import { Args, Flags } from '../oclif.js';
import { announceConfig, configToRunFlag, whichConfigToRun } from '../which-config.js';

interface Report {
  /** Absolute paths of the configurations and of the folders of plugins that were checked. */
  readonly files: readonly string[];
  readonly errors: number;
  readonly warnings: number;
  readonly diagnostics: readonly Diagnostic[];
}

export default class LintConfig extends BaseCommand {
  static override summary = 'Check configurations and the plugins they use, as start does.';
  static override description =
    'Of a folder, every configuration and every plugin in it. Findings go to stdout, the summary to stderr. The exit code is 3 ' +
    'if a gateway would not start, 1 if --strict or --rule alone find fault, and 0 otherwise. docs/rules has a page about every rule.';
  static override examples = [
    '<%= config.bin %> lint-config',
    '<%= config.bin %> lint-config config/ --strict',
    '<%= config.bin %> lint-config --format sarif > lint.sarif',
    '<%= config.bin %> lint-config --rule event-unrouted=off --rule secret-expired=error',
  ];
  static override strict = false;
  static override args = {
    file: Args.string({
      name: 'FILE',
      description: 'Configurations, or folders of configurations and plugins. Without: the one that start takes.',
    }),
  };
  static override flags = {
    config: configToRunFlag,
    format: Flags.option({
      options: lintFormats,
      default: 'pretty',
      description: 'For people, for programs (json is the same as --json), for code scanning, GitHub workflows or CI.',
    })(),
    strict: Flags.boolean({ description: 'Warnings are negative results too: exit code 1.' }),
    rule: Flags.string({
      multiple: true,
      helpValue: 'ID=off|warn|error',
      description: 'What the warnings of a rule count as here; what the file turns off stays off.',
    }),
  };

  #json = false;

  override async run(): Promise<Report> {
    const { argv, flags } = await this.parse(LintConfig);
    this.#json = flags.format === 'json';
    const levels = await readLevels(flags.rule ?? []);
    // The summary says which it was.
    announceConfig(undefined);
    const named = [...argv.map(String), ...(flags.config === undefined ? [] : [flags.config])];
    const [only, second] = named;
    const paths = second === undefined ? [whichConfigToRun(only)] : named.map((path) => resolve(path));
    const { findTargets } = await import('../../testing/lint/targets.js');
    const targets = paths.flatMap((path) => {
      const found = findTargets(path);
      if (found.length > 0) return found;
      throw new Failure('usage', `Nothing to check: ${relative('', path) || '.'} has no configuration and no plugin`);
    });
    const { lint } = await import('../../testing/lint/lint.js');
    const linted = await lint(targets, process.env, Date.now());
    const { applyLevels } = await import('../../diagnostics/levels.js');
    const diagnostics = applyLevels(linted.diagnostics, levels);
    const files = targets.map((target) => ('config' in target ? target.config : target.plugin));
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    if (linted.diagnostics.some(({ severity }) => severity === 'error')) this.endWith('config');
    else if (errors > 0 || (flags.strict && diagnostics.length > 0)) this.endWith('negative');
    if (!this.jsonEnabled()) {
      const report = { ...linted, diagnostics, files, strict: flags.strict };
      const text = await formatLinted(flags.format, report, this.config.version);
      process.stdout.write(flags.format === 'json' || flags.format === 'sarif' ? escapeJson(text) : text);
    }
    this.logToStderr(summarizeLinted({ files, diagnostics }));
    return { files, errors, warnings: diagnostics.length - errors, diagnostics };
  }

  override jsonEnabled(): boolean {
    return this.#json || super.jsonEnabled();
  }
}
