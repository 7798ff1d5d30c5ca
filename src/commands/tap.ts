import { once } from 'node:events';
import { BaseCommand } from '../cli/base-command.js';
import { didYouMean } from '../cli/did-you-mean.js';
import { awaitInterruption } from '../cli/interruption.js';
import { Args, Flags } from '../cli/oclif.js';
import { recordToJson, recordToLine } from '../cli/record-line.js';
import { loadSettings } from '../cli/settings.js';
import { configFlag, whichConfig } from '../cli/which-config.js';
import { escapeJson } from '../printable.js';

export default class Tap extends BaseCommand {
  static override summary = 'Follow the records of a topic, in Kafka or in the embedded log.';
  static override description =
    'One line a record: time, topic/partition@offset, event type, event id, key, size. With --json one JSON object a line, ' +
    'with all headers and the value (value_base64 where it is not UTF-8). Ends with --max, or with Ctrl-C (exit code 130).';
  static override examples = [
    '<%= config.bin %> tap',
    '<%= config.bin %> tap webhooks.stripe.charge --from-beginning',
    '<%= config.bin %> tap webhooks.dlq --from-beginning --max 1 --json',
  ];
  static override args = {
    topic: Args.string({ name: 'TOPIC', description: 'Without it: every topic of the configuration.' }),
  };
  static override flags = {
    config: configFlag,
    'from-beginning': Flags.boolean({ description: 'Start with the oldest record instead of the next one.' }),
    max: Flags.integer({ min: 1, helpValue: 'N', description: 'End after this many records.' }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Tap);
    const settings = await loadSettings(whichConfig(flags.config).file, { warn: false });
    const interrupted = awaitInterruption();
    const closed = new AbortController();
    // `tap | head`: whoever read has gone.
    process.stdout.on('error', () => closed.abort());
    const signal = AbortSignal.any([interrupted, closed.signal]);
    if (args.topic !== undefined && !settings.topics.includes(args.topic)) {
      const hint = (await didYouMean(args.topic, settings.topics)) ?? 'it may lie there from before';
      this.logToStderr(`The configuration has no topic "${args.topic}": ${hint}`);
    }
    const { readTopics } = await import('../publish/read.js');
    const records = readTopics(settings.publisher, args.topic ? [args.topic] : settings.topics, {
      from: flags['from-beginning'] ? 'beginning' : 'end',
      until: 'abort',
      signal,
    });
    let left = flags.max ?? Number.POSITIVE_INFINITY;
    for await (const record of records) {
      const line = this.jsonEnabled() ? escapeJson(JSON.stringify(recordToJson(record))) : recordToLine(record);
      if (!process.stdout.write(`${line}\n`) && !signal.aborted) {
        await once(process.stdout, 'drain', { signal }).catch(() => undefined);
      }
      if (--left === 0) break;
    }
    if (interrupted.aborted) this.endWith('interrupted');
  }

  /** Errors, too, are one line: what reads the stream expects lines. */
  override logJson(json: unknown): void {
    process.stdout.write(`${escapeJson(JSON.stringify(json))}\n`);
  }
}
