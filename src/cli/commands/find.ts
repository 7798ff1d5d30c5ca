import { printable } from '../../util/printable.js';
import { adminFlags } from '../admin-client.js';
import { BaseCommand } from '../base-command.js';
import { type FindReport, find, type Sighting } from '../find.js';
import { awaitInterruption } from '../interruption.js';
import { Args, Flags } from '../oclif.js';
import { formatCount } from '../search-cuts.js';
import { loadSettings } from '../settings.js';
import { formatTable } from '../table.js';
import { terminalWidth } from '../terminal.js';
import { formatAge, sinceOf } from '../time.js';
import { whichConfig } from '../which-config.js';

export default class Find extends BaseCommand {
  static override summary = 'Did we get it? Find an event, a delivery, an object or a key.';
  static override description =
    'Asks the running gateway first: its last deliveries, and the index of what was published. Then it reads what waits in the spool, ' +
    'the dead letters and the topics, until the id is found. It answers YES, NO or UNKNOWN, and says what was searched and where the ' +
    'search was cut. The exit code is 0 for YES, 1 for NO: everything in the span was searched, and 5 for UNKNOWN: not all of it was.';
  static override examples = [
    '<%= config.bin %> find evt_1NG8Du2eZvKYlo2CUI79vXWy',
    '<%= config.bin %> find ch_3MmlLrLkdIwHu7ix0snN0B15 --since 7d --all',
    '<%= config.bin %> find 6f9619ff-8b86-4d01-b42d-00cf4fc964ff --json',
  ];
  static override args = {
    id: Args.string({ name: 'ID', required: true, description: 'Of an event, a delivery or an object, or a key.' }),
  };
  static override flags = {
    ...adminFlags,
    since: Flags.string({
      helpValue: 'TIME',
      default: '72h',
      description: 'How far back dead letters and topics are searched: an age or a time.',
    }),
    limit: Flags.integer({
      helpValue: 'N',
      default: 10_000,
      min: 1,
      description: 'How many records of each partition, the newest, are searched.',
    }),
    all: Flags.boolean({ description: 'Search all places, also when it is found in one of the first.' }),
    timeout: Flags.integer({
      helpValue: 'SECONDS',
      default: 120,
      min: 1,
      description: 'For how long, at most.',
    }),
  };

  override async run(): Promise<FindReport> {
    const { args, flags } = await this.parse(Find);
    const since = sinceOf('--since', flags.since);
    const settings = await loadSettings(whichConfig(flags.config).file, { warn: false });
    const interrupted = awaitInterruption();
    const signal = AbortSignal.any([interrupted, AbortSignal.timeout(flags.timeout * 1000)]);
    const { config, url, all, limit: last } = flags;
    const report = await find(args.id, settings, { config, url, since, last, all, signal });
    this.show(describe(report));
    this.next(report.next, config);
    if (report.verdict === 'NO') this.endWith('negative');
    if (report.verdict === 'UNKNOWN') this.endWith('unknown');
    if (interrupted.aborted) this.endWith('interrupted');
    return report;
  }
}

const meanings = {
  YES: 'it was received',
  NO: 'it was not received in this span, as far as the gateway keeps what it gets',
  UNKNOWN: 'it was not found, and not everything was searched',
} as const;

/** Sightings that are shown; --json has all. */
const mostShown = 20;

function describe({ id, verdict, found, searched }: FindReport): string {
  const rows = searched.map(({ source, span, found: count, cuts }) => [
    source,
    [
      span.startsWith('not ') ? span : `${span}: ${count === 0 ? 'not there' : `${formatCount(count)} found`}`,
      ...cuts,
    ].join('; '),
  ]);
  return [
    `${verdict}  ${printable(id)}: ${meanings[verdict]}`,
    ...found.slice(0, mostShown).flatMap(describeSighting),
    '',
    formatTable(['SEARCHED', 'WHAT'], rows, { width: terminalWidth() }),
  ].join('\n');
}

function describeSighting({
  state,
  endpoint,
  type,
  eventId,
  delivery,
  place,
  key,
  at,
  reason,
  status,
}: Sighting): readonly string[] {
  const age = at === undefined ? [] : [`${at} (${formatAge(Date.now() - Date.parse(at))} ago)`];
  const facts = [
    ...(endpoint === undefined || endpoint === '' ? [] : [`endpoint ${endpoint}`]),
    ...(eventId === undefined ? [] : [`event ${eventId}`]),
    ...(delivery === undefined ? [] : [`delivery ${delivery}`]),
    ...(key === undefined ? [] : [`key ${key}`]),
    ...(status === undefined ? [] : [`answered ${status}`]),
  ];
  const what = [state, reason, type, place].filter((part) => part !== undefined);
  return [`  ${[...what, ...age].join('  ')}`, ...(facts.length === 0 ? [] : [`    ${facts.join(', ')}`])].map(
    printable,
  );
}
