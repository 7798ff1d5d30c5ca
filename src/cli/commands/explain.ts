import type { Explanation } from '../../testing/dry-run/explanation.js';
import { BaseCommand } from '../base-command.js';
import { explainSubject } from '../explain.js';
import { explanationLines } from '../explain-lines.js';
import { Args, Flags } from '../oclif.js';
import { loadSettings } from '../settings.js';
import { sinceOf, timeOf } from '../time.js';
import { configFlag, whichConfig } from '../which-config.js';

export default class Explain extends BaseCommand {
  static override summary = 'Walk one payload or event through every stage, and say what each decided and why.';
  static override description =
    'A file is a body, an example of a plugin, a captured request (as for verify --request), or a record as tap --json ' +
    'prints it. A body is signed in memory with the secret of the endpoint. Anything else is the id of an event, which is ' +
    "looked for in the topics of the configuration and explained as today's configuration would take it. Nothing is " +
    'published. Of the payload only what the event rules read is shown. The exit code is 0 if it would be published or ' +
    'answered as a handshake, 5 if an event is not found and not everything was searched, else 1.';
  static override examples = [
    '<%= config.bin %> explain plugins/stripe/examples/charge.refunded.json',
    '<%= config.bin %> explain captured.http --at 2026-01-01T12:00:00Z',
    '<%= config.bin %> explain evt_1NG8Du2eZvKYlo2CUI79vXWy --since 24h',
  ];
  static override args = {
    subject: Args.string({ name: 'FILE|EVENT_ID', required: true, description: 'What to explain. - is stdin.' }),
  };
  static override flags = {
    config: configFlag,
    endpoint: Flags.string({
      helpValue: 'NAME',
      description: 'Endpoint that it is for. Without it: what the request or the record says, or the only one.',
    }),
    at: Flags.string({
      helpValue: 'TIME',
      description: 'When the request arrived, as 2026-01-01T12:00:00Z. Without it: now.',
    }),
    since: Flags.string({ helpValue: 'TIME', default: '72h', description: 'How far back an event is looked for.' }),
    limit: Flags.integer({
      helpValue: 'N',
      default: 10_000,
      min: 1,
      description: 'How many records of each partition, the newest, an event is looked for in.',
    }),
  };

  override async run(): Promise<Explanation> {
    const { args, flags } = await this.parse(Explain);
    const now = timeOf('--at', flags.at);
    const since = sinceOf('--since', flags.since);
    const settings = await loadSettings(whichConfig(flags.config).file, { warn: false });
    const options = { settings, endpoint: flags.endpoint, now, since, last: flags.limit };
    const explanation = await explainSubject(args.subject, options);
    this.show(explanationLines(explanation));
    this.next(nextOf(explanation, settings.deadLetter.topic), flags.config);
    if (!['published', 'handshake'].includes(explanation.answer.verdict)) this.endWith('negative');
    return explanation;
  }
}

/** Of a dead letter that today's configuration would take: that it may. */
function nextOf({ subject, answer }: Explanation, deadLetterTopic: string): readonly string[] {
  if (!subject.startsWith(`${deadLetterTopic}/`) || answer.verdict !== 'published') return [];
  return [`gateway dlq replay ${subject} --dry-run`];
}
