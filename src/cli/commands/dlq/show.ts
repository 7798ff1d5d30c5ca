import { isUtf8 } from 'node:buffer';
import { Failure } from '../../../exit.js';
import { BaseCommand } from '../../base-command.js';
import { findLetter, loadLetters, readLedger } from '../../dead-letters.js';
import { describeLetter, type LetterReport, reportLetter } from '../../letter-report.js';
import { Args, Flags } from '../../oclif.js';
import { loadSettings } from '../../settings.js';
import { configFlag, whichConfig } from '../../which-config.js';

type Raw = LetterReport & ({ readonly body: string } | { readonly body_base64: string });

export default class DlqShow extends BaseCommand {
  static override summary = 'Show a dead letter: why it is one, where the payload is at fault, what it looks like.';
  static override description =
    'Of the payload and the request headers, names are shown and no values, so that nothing of them gets into a terminal or a ' +
    'log. --raw writes the body to stdout, byte for byte, and nothing else; with --json it stands beside the rest.';
  static override examples = [
    '<%= config.bin %> dlq show 6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
    '<%= config.bin %> dlq show 6f9619ff-8b86-4d01-b42d-00cf4fc964ff --raw > body.json',
  ];
  static override args = {
    id: Args.string({ name: 'ID', required: true, description: 'As dlq list and the log of the gateway have it.' }),
  };
  static override flags = {
    config: configFlag,
    raw: Flags.boolean({ description: 'The exact bytes of the body.' }),
  };

  override async run(): Promise<LetterReport | Raw> {
    const { args, flags } = await this.parse(DlqShow);
    const settings = await loadSettings(whichConfig(flags.config).file, { warn: false });
    const ledger = await readLedger(settings);
    const letter = findLetter(ledger, args.id);
    const record = letter && (await loadLetters(settings, [letter])).get(letter.id);
    if (letter === undefined || record === undefined) {
      throw new Failure(
        'negative',
        `${settings.deadLetter.topic} has no dead letter ${args.id}: see gateway dlq list --all`,
      );
    }
    const report = reportLetter(letter, record, {
      mark: ledger.mark(letter.id),
      dismissal: ledger.dismissal(letter.id),
    });
    const { value } = record;
    if (!flags.raw) {
      this.show(describeLetter(report));
      this.next(nextOf(report), flags.config);
    } else if (this.jsonEnabled()) {
      return { ...report, ...(isUtf8(value) ? { body: value.toString() } : { body_base64: value.toString('base64') }) };
    } else process.stdout.write(value);
    return report;
  }
}

function nextOf({ id, replayed }: LetterReport): readonly string[] {
  const done = replayed !== undefined && replayed.remaining.length === 0;
  return [`gateway explain ${id}`, ...(done ? [] : [`gateway dlq replay ${id} --dry-run`])];
}
