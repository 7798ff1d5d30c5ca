import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.js';
import { present, summarize } from '../cli/settings.js';
import { configArgument, whichConfigToRun } from '../cli/which-config.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';

interface Report {
  readonly file: string;
  readonly errors: number;
  readonly warnings: number;
  readonly diagnostics: readonly Diagnostic[];
}

export default class LintConfig extends BaseCommand {
  static override summary = 'Check a configuration and the plugins it uses, as start does.';
  static override description =
    'Findings go to stdout, the summary to stderr. The exit code is 3 if the gateway would not start, and 0 with warnings only.';
  static override examples = [
    '<%= config.bin %> lint-config',
    '<%= config.bin %> lint-config config/dev.yaml',
    '<%= config.bin %> lint-config --format github',
  ];
  static override args = { file: configArgument };
  static override flags = {
    format: Flags.option({
      options: ['pretty', 'json', 'github'] as const,
      default: 'pretty',
      description: 'For people, for programs (the same as --json), or as annotations of a GitHub workflow.',
    })(),
  };

  #json = false;

  override async run(): Promise<Report> {
    const { args, flags } = await this.parse(LintConfig);
    this.#json = flags.format === 'json';
    const file = whichConfigToRun(args.file);
    const { loadConfig } = await import('../config/load.js');
    const { diagnostics, sources } = await loadConfig(file, process.env, Date.now());
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    if (errors > 0) this.endWith('config');
    if (!this.jsonEnabled()) {
      const { formatGithub } = await import('../diagnostics/formats.js');
      process.stdout.write(
        flags.format === 'github'
          ? formatGithub(diagnostics, process.cwd())
          : await present(diagnostics, sources, process.stdout),
      );
    }
    this.logToStderr(summarize(file, diagnostics));
    return { file, errors, warnings: diagnostics.length - errors, diagnostics };
  }

  override jsonEnabled(): boolean {
    return this.#json || super.jsonEnabled();
  }
}
