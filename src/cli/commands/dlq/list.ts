import type { Ledger } from '../../../dead-letters/ledger.js';
import type { DeadLetter } from '../../../dead-letters/letter.js';
import { BaseCommand } from '../../base-command.js';
import { isSelected, readLedger, readSelection, selectionFlags } from '../../dead-letters.js';
import { awaitInterruption } from '../../interruption.js';
import { Flags } from '../../oclif.js';
import { loadSettings } from '../../settings.js';
import { formatTable } from '../../table.js';
import { terminalWidth } from '../../terminal.js';
import { whichConfig } from '../../which-config.js';

interface Row {
  readonly id: string;
  /** RFC 3339. */
  readonly receivedAt: string;
  readonly endpoint: string;
  readonly reason: string;
  /** Where the payload says it in the way that today's configuration reads. */
  readonly type?: string;
  readonly bytes: number;
  readonly verified: boolean;
  /** `partly`: some events of a batch were rejected again. */
  readonly replayed: 'no' | 'partly' | 'yes';
  /** Whether somebody has said that it needs no look any more. */
  readonly dismissed: boolean;
}

export default class DlqList extends BaseCommand {
  static override summary = 'The dead letters: deliveries that were authentic but unusable, or not proven.';
  static override description =
    'The oldest first. What was replayed or dismissed is left out, unless --all asks for it. Nothing of a payload is shown but its event type.';
  static override examples = [
    '<%= config.bin %> dlq list',
    '<%= config.bin %> dlq list --reason schema_violation --since 1h',
  ];
  static override flags = {
    ...selectionFlags,
    limit: Flags.integer({ min: 1, default: 50, helpValue: 'N', description: 'The newest N of them.' }),
    all: Flags.boolean({ description: 'Those too that were replayed or dismissed.' }),
  };

  override async run(): Promise<{ topic: string; total: number; letters: readonly Row[] }> {
    const { flags } = await this.parse(DlqList);
    const selection = await readSelection(flags);
    const settings = await loadSettings(whichConfig(flags.config).file, { warn: false });
    const signal = awaitInterruption();
    const { findEventType } = await import('../../../dead-letters/event-type.js');
    const types = new Map<string, string | undefined>();
    const ledger = await readLedger(settings, {
      since: selection.since,
      signal,
      onLetter: (letter, { value }) => {
        if (isSelected(letter, selection)) types.set(letter.id, findEventType(letter, value, settings.endpoints));
      },
    });
    const letters = ledger
      .letters()
      .filter((letter) => isSelected(letter, selection) && (flags.all || ledger.isOpen(letter.id)));
    const rows = letters.slice(-flags.limit).map((letter) => toRow(letter, types.get(letter.id), ledger));
    const { topic } = settings.deadLetter;
    this.log(describe(topic, rows, letters.length));
    const newest = rows.at(-1);
    if (newest !== undefined) {
      this.nextOnTerminal([`gateway dlq show ${newest.id}`, 'gateway dlq summary'], flags.config);
    }
    if (signal.aborted) this.endWith('interrupted');
    return { topic, total: letters.length, letters: rows };
  }
}

function toRow(letter: DeadLetter, type: string | undefined, ledger: Ledger): Row {
  const { id, receivedAt, endpoint, reason, bytes, verified } = letter;
  const mark = ledger.mark(id);
  const dismissed = ledger.dismissal(id) !== undefined;
  const replayed = mark === undefined ? 'no' : mark.remaining.length > 0 ? 'partly' : 'yes';
  const when = new Date(receivedAt).toISOString();
  return { id, receivedAt: when, endpoint, reason, ...(type && { type }), bytes, verified, replayed, dismissed };
}

function describe(topic: string, rows: readonly Row[], total: number): string {
  if (total === 0) return `No dead letters in ${topic}.`;
  const table = formatTable(
    ['ID', 'RECEIVED', 'ENDPOINT', 'REASON', 'TYPE', 'BYTES', 'VERIFIED', 'REPLAYED'],
    rows.map(({ id, receivedAt, endpoint, reason, type = '-', bytes, verified, replayed, dismissed }) => [
      ...[
        id,
        receivedAt,
        endpoint,
        reason,
        type,
        String(bytes),
        verified ? 'yes' : 'no',
        dismissed ? 'dismissed' : replayed,
      ],
    ]),
    { width: terminalWidth(), ids: ['ID'], times: ['RECEIVED'], minor: ['BYTES', 'REPLAYED'] },
  );
  return rows.length === total ? table : `${table}\n${total - rows.length} older ones: see --limit`;
}
