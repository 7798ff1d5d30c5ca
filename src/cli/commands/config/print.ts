import type { Plain } from '../../../config/resolved.js';
import { BaseCommand } from '../../base-command.js';
import { Flags } from '../../oclif.js';
import { loadSound } from '../../settings.js';
import { configArgument, whichConfigToRun } from '../../which-config.js';

export default class ConfigPrint extends BaseCommand {
  static override summary = 'Print a configuration, with nothing secret in it.';
  static override description =
    'As it is written, or, with --resolved, what is in effect: variables substituted, defaults filled in, the routes of ' +
    'plugins after those of the endpoint. Secrets, passwords and credentials in URLs show as [redacted] or asterisks.';
  static override examples = ['<%= config.bin %> config print', '<%= config.bin %> config print --resolved --json'];
  static override args = { file: configArgument };
  static override flags = { resolved: Flags.boolean({ description: 'What is in effect. --json implies it.' }) };

  override async run(): Promise<Plain> {
    const { args, flags } = await this.parse(ConfigPrint);
    const { settings, sources } = await loadSound(whichConfigToRun(args.file), { warn: false });
    const [{ resolve }, { maskSecrets }, { stringify }] = await Promise.all([
      import('../../../config/resolved.js'),
      import('../../../diagnostics/mask.js'),
      import('yaml'),
    ]);
    const resolved = resolve(settings);
    const text = flags.resolved ? stringify(resolved) : maskSecrets(sources.get(settings.file) ?? '');
    this.log(text.trimEnd());
    return resolved;
  }
}
