import { once } from 'node:events';
import type { GatewaySettings } from '../../config/settings.js';
import { Failure } from '../../exit.js';
import type { ReadOptions, Span, StoredRecord } from '../../publish/read.js';
import { escapeJson } from '../../util/printable.js';
import { BaseCommand } from '../base-command.js';
import { didYouMean } from '../did-you-mean.js';
import { awaitInterruption } from '../interruption.js';
import { Args, Flags } from '../oclif.js';
import { recordInFull, recordToJson, recordToLine } from '../record-line.js';
import { loadSettings } from '../settings.js';
import { compileSelection, type Selector } from '../tap-filter.js';
import { terminalWidth } from '../terminal.js';
import { sinceOf } from '../time.js';
import { configFlag, whichConfig } from '../which-config.js';

export default class Tap extends BaseCommand {
  static override summary = 'Follow or search the records of a topic, in Kafka or in the embedded log.';
  static override description =
    'One line a record, by their times: time, topic/partition@offset, event type, event id, key, size. With --json one JSON ' +
    'object a line, with all headers and the value (value_base64 where it is not UTF-8). It follows new records, unless ' +
    '--no-follow, --until or --max is given, or old ones are asked for and the output goes into a pipe or a file: then it ends ' +
    'where they end. Ctrl-C ends it with exit code 130.';
  static override examples = [
    '<%= config.bin %> tap',
    '<%= config.bin %> tap webhooks.stripe.charge --from-beginning',
    '<%= config.bin %> tap --since 2h --type "charge.*" --no-follow',
    '<%= config.bin %> tap --since 1d --where "data.object.amount > 100000" --max 1 --full',
    '<%= config.bin %> tap webhooks.dlq --from-beginning --max 1 --json',
  ];
  static override args = {
    topic: Args.string({ name: 'TOPIC', description: 'Without it: every topic of the configuration.' }),
  };
  static override flags = {
    config: configFlag,
    'from-beginning': Flags.boolean({
      exclusive: ['since'],
      description: 'Start with the oldest record instead of the next one.',
    }),
    since: Flags.string({
      helpValue: 'TIME',
      description: 'Start with what is so old: an age (30m, 2h, 1d) or a time (2026-01-01T12:00:00Z).',
    }),
    until: Flags.string({ helpValue: 'TIME', description: 'End there: an age or a time, which may be one to come.' }),
    type: Flags.string({
      char: 't',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'TYPE',
      description: 'Only events of this type; * stands for any characters. May be given several times.',
    }),
    key: Flags.string({ helpValue: 'KEY', description: 'Only records with this key.' }),
    id: Flags.string({ helpValue: 'ID', description: 'Only of this event, delivery or object.' }),
    where: Flags.string({ helpValue: 'EXPR', description: 'Only where this JSONata holds for the payload.' }),
    max: Flags.integer({ min: 1, helpValue: 'N', description: 'End after this many records.' }),
    follow: Flags.boolean({ allowNo: true, description: 'Go on with new records, or end with what is there.' }),
    full: Flags.boolean({ description: 'The whole record, its headers and its payload laid out, instead of a line.' }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Tap);
    const span = readSpan(flags);
    const selector = await compileSelection({ types: flags.type ?? [], ...flags, until: span.until });
    const settings = await loadSettings(whichConfig(flags.config).file, { warn: false });
    if (args.topic !== undefined) await this.#checkTopic(args.topic, settings);
    const interrupted = awaitInterruption();
    const closed = new AbortController();
    // `tap | head`: whoever read has gone.
    process.stdout.on('error', () => closed.abort());
    const signal = AbortSignal.any([interrupted, closed.signal, ...span.end]);
    const topics = args.topic === undefined ? settings.topics : [args.topic];
    let left = flags.max ?? Number.POSITIVE_INFINITY;
    let seen = 0;
    let shown = 0;
    for await (const record of readInOrder(settings, topics, span, signal)) {
      seen++;
      if (!(await selector.matches(record))) continue;
      shown++;
      const text = this.#format(record, flags.full);
      if (!process.stdout.write(`${text}\n`) && !signal.aborted) {
        await once(process.stdout, 'drain', { signal }).catch(() => undefined);
      }
      if (--left === 0) break;
    }
    this.#conclude({ seen, shown, missing: flags.max === undefined ? 0 : left }, selector);
    if (interrupted.aborted) this.endWith('interrupted');
  }

  async #checkTopic(topic: string, { topics }: GatewaySettings): Promise<void> {
    if (topics.includes(topic)) return;
    const hint = (await didYouMean(topic, topics)) ?? 'it may lie there from before';
    this.logToStderr(`The configuration has no topic "${topic}": ${hint}`);
  }

  #format(record: StoredRecord, full: boolean): string {
    if (this.jsonEnabled()) return escapeJson(JSON.stringify(recordToJson(record)));
    return full ? recordInFull(record) : recordToLine(record, terminalWidth());
  }

  /** What a person wants to know at the end, and a program that reads the lines doesn't. */
  #conclude(
    { seen, shown, missing }: { readonly seen: number; readonly shown: number; readonly missing: number },
    { failures }: Selector,
  ): void {
    if (failures.count > 0) this.logToStderr(`--where failed for ${failures.count} records: ${failures.first}`);
    if (!process.stderr.isTTY) return;
    if (shown === 0) this.logToStderr(`No record of ${seen} fits.`);
    else if (missing > 0 && missing !== Number.POSITIVE_INFINITY) this.logToStderr(`There are no more than ${shown}.`);
  }

  /** Errors, too, are one line: what reads the stream expects lines. */
  override logJson(json: unknown): void {
    process.stdout.write(`${escapeJson(JSON.stringify(json))}\n`);
  }
}

/** What is read. */
interface Stretch {
  readonly from: 'beginning' | 'end' | { readonly since: number };
  readonly follow: boolean;
  /** Milliseconds since the epoch; absent: without an end. */
  readonly until?: number | undefined;
  /** Aborted when the time to end has come. */
  readonly end: readonly AbortSignal[];
}

function readSpan(flags: {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly max?: number | undefined;
  readonly follow?: boolean | undefined;
  readonly 'from-beginning': boolean;
}): Stretch {
  const until = flags.until === undefined ? undefined : sinceOf('--until', flags.until);
  const left = until === undefined ? undefined : until - Date.now();
  const old = flags['from-beginning'] || flags.since !== undefined;
  // Who asks for old records in a pipe, or for the next few, is not to wait forever.
  const asked = old && (!process.stdout.isTTY || flags.max !== undefined) ? false : left === undefined || left > 0;
  const follow = flags.follow ?? asked;
  if (follow && left !== undefined && left <= 0) {
    throw new Failure('usage', `--until ${flags.until}: it is over, and there is nothing to follow`);
  }
  return {
    from: flags.since !== undefined ? { since: sinceOf('--since', flags.since) } : old || !follow ? 'beginning' : 'end',
    follow,
    until,
    end: follow && left !== undefined ? [AbortSignal.timeout(Math.min(left, 2 ** 31 - 1))] : [],
  };
}

async function* readInOrder(
  { publisher }: GatewaySettings,
  topics: readonly string[],
  { from, follow }: Stretch,
  signal: AbortSignal,
): AsyncGenerator<StoredRecord, void, undefined> {
  const [{ readTopics }, { byTime }] = await Promise.all([
    import('../../publish/read.js'),
    import('../../publish/by-time.js'),
  ]);
  const spans: Span[] = [];
  const options: ReadOptions = { from, until: follow ? 'abort' : 'end', signal };
  // What comes now comes in the order of its times.
  if (from === 'end') yield* readTopics(publisher, topics, options);
  else yield* byTime(readTopics(publisher, topics, { ...options, onSpan: (span) => spans.push(span) }), spans);
}
