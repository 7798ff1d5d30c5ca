import type { ConfigChange } from '../../../config/diff.js';
import { Failure } from '../../../exit.js';
import { BaseCommand } from '../../base-command.js';
import { describeChange } from '../../config-diff.js';
import { changesSince, describeHistory, type HistoryEntry, listHistory } from '../../config-history.js';
import { Flags } from '../../oclif.js';
import { loadSettings } from '../../settings.js';
import { sinceOf } from '../../time.js';
import { configFlag, whichConfig } from '../../which-config.js';

type Report =
  | { readonly entries: readonly HistoryEntry[] }
  | { readonly since: string; readonly changes: readonly ConfigChange[] };

export default class ConfigHistory extends BaseCommand {
  static override summary = 'The configurations that were in effect, and what each changed.';
  static override description =
    'The newest first. A gateway keeps what each start and reload puts into effect, without any secret, the last 50 of them, in ' +
    '`configurations` of its spool or embedded log. With --since, what is different now from what was in effect then.';
  static override examples = [
    '<%= config.bin %> config history',
    '<%= config.bin %> config history --since 1d',
    '<%= config.bin %> config history --json',
  ];
  static override flags = {
    config: configFlag,
    since: Flags.string({ helpValue: 'TIME', description: 'An age (1h, 2d) or a time (2026-01-01T12:00:00Z).' }),
    limit: Flags.integer({ helpValue: 'N', default: 10, min: 1, description: 'The newest N of them.' }),
  };

  override async run(): Promise<Report> {
    const { flags } = await this.parse(ConfigHistory);
    const settings = await loadSettings(whichConfig(flags.config).file, { warn: false });
    if (flags.since !== undefined) {
      const { from, to, changes } = await changesSince(settings, sinceOf('--since', flags.since));
      this.log(`${from.loadedAt}  ${from.digest}  was in effect\n${to.loadedAt}  ${to.digest}  the newest`);
      this.log(changes.length === 0 ? 'They put the same into effect.' : changes.map(describeChange).join('\n'));
      return { since: from.loadedAt, changes };
    }
    const entries = (await listHistory(settings)).slice(0, flags.limit);
    if (entries.length === 0) {
      throw new Failure(
        'negative',
        'No configuration is kept: a gateway keeps each that it puts into effect, and none has run here',
      );
    }
    this.log(describeHistory(entries));
    this.nextOnTerminal(['gateway config diff --running FILE'], flags.config);
    return { entries };
  }
}
