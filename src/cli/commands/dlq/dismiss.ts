import type { Ledger } from '../../../dead-letters/ledger.js';
import { Failure } from '../../../exit.js';
import { BaseCommand } from '../../base-command.js';
import { isSelected, letterNamed, readSelection, selectionFlags } from '../../dead-letters.js';
import { dismissLetters } from '../../dismissal.js';
import { awaitInterruption } from '../../interruption.js';
import { Args, Flags } from '../../oclif.js';
import { loadSettings } from '../../settings.js';
import { whichConfig } from '../../which-config.js';

interface Report {
  readonly topic: string;
  readonly dismissed: number;
  readonly ids: readonly string[];
  readonly dryRun: boolean;
}

export default class DlqDismiss extends BaseCommand {
  static override summary = 'Mark dead letters as done: nobody needs to look at them any more.';
  static override description =
    'They stay in their topic, and dlq list, summary and replay leave them out; dlq list --all shows them, and dlq replay ID ' +
    'still replays one. Give ids, or what they have in common.';
  static override examples = [
    '<%= config.bin %> dlq dismiss 6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
    '<%= config.bin %> dlq dismiss --reason signature_mismatch --before 1d --note "a scanner"',
  ];
  static override strict = false;
  static override args = {
    ids: Args.string({ name: 'ID', description: 'Only these. Without it: all that the flags choose.' }),
  };
  static override flags = {
    ...selectionFlags,
    note: Flags.string({ helpValue: 'TEXT', description: 'Why, for those who look at them later.' }),
    'dry-run': Flags.boolean({ description: 'Say which; nothing is written.' }),
  };

  override async run(): Promise<Report> {
    const { argv, flags } = await this.parse(DlqDismiss);
    const ids = argv.map(String);
    const { reason, since, before, endpoint } = flags;
    if (ids.length === 0 && [reason, since, before, endpoint].every((each) => each === undefined)) {
      throw new Failure('usage', 'Which dead letters? Give ids, or --reason, --endpoint, --since or --before');
    }
    const selection = await readSelection(flags);
    const settings = await loadSettings(whichConfig(flags.config).file, { warn: false });
    const choose = (ledger: Ledger) => {
      const letters = ids.length === 0 ? ledger.letters() : ids.map((id) => letterNamed(ledger, id));
      return letters.filter((letter) => isSelected(letter, selection) && ledger.isOpen(letter.id));
    };
    const signal = awaitInterruption();
    const dryRun = flags['dry-run'];
    const letters = await dismissLetters(settings, { choose, note: flags.note, dryRun, signal });
    this.log(
      `${dryRun ? 'would dismiss' : 'dismissed'} ${letters.length} dead letters of ${settings.deadLetter.topic}`,
    );
    for (const [name, count] of countBy(letters.map((letter) => letter.reason))) this.log(`  ${name}  ${count}`);
    this.nextOnTerminal(['gateway dlq summary'], flags.config);
    if (signal.aborted) this.endWith('interrupted');
    return { topic: settings.deadLetter.topic, dismissed: letters.length, ids: letters.map(({ id }) => id), dryRun };
  }
}

function countBy(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
