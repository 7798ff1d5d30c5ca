import type { LetterGroup } from '../../../dead-letters/summary.js';
import { BaseCommand } from '../../base-command.js';
import { isSelected, readLedger, readSelection, selectionFlags } from '../../dead-letters.js';
import { awaitInterruption } from '../../interruption.js';
import { Flags } from '../../oclif.js';
import { loadSettings } from '../../settings.js';
import { formatTable } from '../../table.js';
import { terminalWidth } from '../../terminal.js';
import { whichConfig } from '../../which-config.js';

type Group = Omit<LetterGroup, 'first' | 'last'> & {
  /** RFC 3339. */
  readonly first: string;
  readonly last: string;
};

export default class DlqSummary extends BaseCommand {
  static override summary = 'The dead letters by their cause: endpoint, reason and place in the payload.';
  static override description =
    'The largest group first. What was replayed or dismissed is left out, unless --all asks for it. POINTER: where the first ' +
    'fault of the payload is, * standing for the elements of a list. SAMPLE: the newest letter.';
  static override examples = ['<%= config.bin %> dlq summary', '<%= config.bin %> dlq summary --since 1d --json'];
  static override flags = {
    ...selectionFlags,
    all: Flags.boolean({ description: 'Those too that were replayed or dismissed.' }),
  };

  override async run(): Promise<{ topic: string; total: number; groups: readonly Group[] }> {
    const { flags } = await this.parse(DlqSummary);
    const selection = await readSelection(flags);
    const settings = await loadSettings(whichConfig(flags.config).file, { warn: false });
    const signal = awaitInterruption();
    const { groupLetters } = await import('../../../dead-letters/summary.js');
    const ledger = await readLedger(settings, { since: selection.since, signal });
    const letters = ledger
      .letters()
      .filter((letter) => isSelected(letter, selection) && (flags.all || ledger.isOpen(letter.id)));
    const groups = groupLetters(letters).map((group) => ({
      ...group,
      first: new Date(group.first).toISOString(),
      last: new Date(group.last).toISOString(),
    }));
    const { topic } = settings.deadLetter;
    this.log(letters.length === 0 ? `No dead letters in ${topic}.` : describe(groups));
    const [largest] = groups;
    if (largest !== undefined) this.nextOnTerminal(nextOf(largest), flags.config);
    if (signal.aborted) this.endWith('interrupted');
    return { topic, total: letters.length, groups };
  }
}

function describe(groups: readonly Group[]): string {
  return formatTable(
    ['COUNT', 'ENDPOINT', 'REASON', 'POINTER', 'FIRST', 'LAST', 'SAMPLE'],
    groups.map(({ count, endpoint, reason, pointer = '-', first, last, sample }) => [
      ...[String(count), endpoint, reason, pointer, first, last, sample],
    ]),
    { width: terminalWidth(), ids: ['SAMPLE'], times: ['FIRST', 'LAST'], minor: ['FIRST'] },
  );
}

function nextOf({ reason, endpoint, sample, count, unverified }: Group): readonly string[] {
  const group = `--reason ${reason} --endpoint ${endpoint}`;
  return [
    `gateway dlq show ${sample}`,
    unverified === count ? `gateway dlq dismiss ${group} --dry-run` : `gateway dlq replay ${group} --dry-run`,
  ];
}
