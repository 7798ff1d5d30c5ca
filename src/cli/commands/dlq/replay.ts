import type { Ledger } from '../../../dead-letters/ledger.js';
import type { DeadLetter } from '../../../dead-letters/letter.js';
import type { ReplayTally } from '../../../dead-letters/plan.js';
import { BaseCommand } from '../../base-command.js';
import { isSelected, letterNamed, readSelection, type Selection, selectionFlags } from '../../dead-letters.js';
import { awaitInterruption } from '../../interruption.js';
import { Args, Flags } from '../../oclif.js';
import { createProgress } from '../../progress.js';
import { dryRun, runReplay } from '../../replay.js';
import { loadSettings } from '../../settings.js';
import { whichConfig } from '../../which-config.js';

type Report = ReplayTally & {
  /** Letters that nobody has proven, and that were left out for that. */
  readonly unverified: number;
  readonly dryRun: boolean;
  readonly interrupted: boolean;
  readonly seconds: number;
};

export default class DlqReplay extends BaseCommand {
  static override summary = 'Send dead letters through the gateway again, with the configuration of today.';
  static override description =
    'Each is verified as of the time at which it was received, validated, mapped and published to its topic, once: an event that ' +
    'is there already is not published again, whether this command was stopped, killed or run before. What is rejected again ' +
    'stays a dead letter, without a new one. Ctrl-C ends after the batch under way; run it again, and it goes on. The exit code is 1 ' +
    'if some are still rejected. What is not proven is left out, unless it is named or --unverified is given: a secret of yours ' +
    'that was wrong has made such letters, too.';
  static override examples = [
    '<%= config.bin %> dlq replay --dry-run',
    '<%= config.bin %> dlq replay --reason schema_violation --since 2d',
    '<%= config.bin %> dlq replay 6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
  ];
  static override strict = false;
  static override args = {
    ids: Args.string({
      name: 'ID',
      description: 'Only these. Without it: all that were neither replayed nor dismissed.',
    }),
  };
  static override flags = {
    ...selectionFlags,
    limit: Flags.integer({ min: 1, helpValue: 'N', description: 'At most N, the oldest first.' }),
    unverified: Flags.boolean({ description: 'Also those that are not proven.' }),
    'dry-run': Flags.boolean({ description: 'Say what would happen; nothing is published.' }),
  };

  override async run(): Promise<Report> {
    const { argv, flags } = await this.parse(DlqReplay);
    const selection = await readSelection(flags);
    const settings = await loadSettings(whichConfig(flags.config).file, { warn: false });
    const signal = awaitInterruption();
    const ids = argv.map(String);
    let unverified = 0;
    const choose = (ledger: Ledger) => {
      const all = chooseLetters(ledger, ids, selection);
      const chosen = ids.length > 0 || flags.unverified ? all : all.filter(({ verified }) => verified);
      unverified = all.length - chosen.length;
      return chosen.slice(0, flags.limit);
    };
    const progress = createProgress(process.stderr);
    const started = performance.now();
    const show = (tally: ReplayTally) => progress.show(...describeProgress(tally, performance.now() - started));
    const run = flags['dry-run'] ? dryRun : runReplay;
    const tally = await run(settings, { choose, signal, show }).finally(() => progress.clear());
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    const report = { ...tally, unverified, dryRun: flags['dry-run'], interrupted: signal.aborted, seconds };
    this.log(describe(report));
    this.#suggest(report, flags.config);
    if (tally.failing.length > 0) this.endWith('negative');
    if (signal.aborted) this.endWith('interrupted');
    return report;
  }

  #suggest({ dryRun: dry, selected, failing: [first] }: Report, config: string | undefined): void {
    if (dry && selected > 0) this.nextOnTerminal(['the same without --dry-run']);
    else if (first !== undefined) this.nextOnTerminal([`gateway dlq show ${first.id}`], config);
  }
}

/** Those that are not done, the oldest first. Throws a Failure for an id that isn't there. */
function chooseLetters(ledger: Ledger, ids: readonly string[], selection: Selection): readonly DeadLetter[] {
  const named = new Set(ids.map((text) => letterNamed(ledger, text).id));
  return ledger
    .letters()
    .filter(({ id }) => (ids.length === 0 ? ledger.isOpen(id) : named.has(id) && !ledger.isDone(id)))
    .filter((letter) => isSelected(letter, selection));
}

function describeProgress({ selected, replayed, failing }: ReplayTally, milliseconds: number): [number, string] {
  const done = replayed + failing.length;
  const rate = Math.round((done * 1000) / milliseconds);
  const bad = failing.length > 0 ? `  ${failing.length} still failing` : '';
  return [done / Math.max(1, selected), `${done}/${selected}${bad}  ${rate}/s`];
}

/** How many failing letters are named one by one. */
const named = 10;

function describe({ dryRun: dry, interrupted, seconds, ...tally }: Report): string {
  const { selected, replayed, resumed, published, duplicates, byName, topics, failing, unverified } = tally;
  const reasons = new Map<string, number>();
  for (const { reason } of failing) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const few = failing.length <= named ? failing : [];
  return [
    ...(byName > 0
      ? [`by name        ${byName} without the secret that proved them: the endpoint has one of that name`]
      : []),
    ...(resumed > 0 ? [`resumed        ${resumed} of a replay that was cut short`] : []),
    `${dry ? 'would replay ' : 'replayed     '}  ${replayed} of ${selected} dead letters${dry ? '' : ` in ${seconds} s`}`,
    `events         ${published} ${dry ? 'to publish' : 'published'}, ${duplicates} were in their topic before`,
    ...Object.entries(topics).map(([topic, count]) => `  ${topic}  ${count}`),
    `still failing  ${failing.length}`,
    ...[...reasons].map(([reason, count]) => `  ${reason}  ${count}`),
    ...few.map(({ id, reason, detail }) => `  ${id}  ${reason}${detail === undefined ? '' : `: ${detail}`}`),
    ...(unverified > 0 ? [`left out       ${unverified} that nobody has proven: see --unverified`] : []),
    ...(interrupted
      ? [`interrupted: ${selected - replayed - failing.length} were not tried; run it again to go on`]
      : []),
  ].join('\n');
}
