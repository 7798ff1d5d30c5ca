import { Failure } from '../../../exit.js';
import type { Override } from '../../../testing/simulator/override.js';
import type { SentAnswer } from '../../../testing/simulator/sender.js';
import { printable } from '../../../util/printable.js';
import { isContainer } from '../../../util/values.js';
import { BaseCommand } from '../../base-command.js';
import { Args, Flags } from '../../oclif.js';
import { chooseOffer, prepareRequests, prepareSimulation, sendFlags } from '../../simulation.js';
import { terminalWidth } from '../../terminal.js';

interface Sent {
  readonly status: number;
  /** The answer's body. */
  readonly answer: unknown;
  readonly milliseconds: number;
}

export default class SimulateSend extends BaseCommand {
  static override summary = 'Send an example webhook, signed as its provider would sign it.';
  static override description =
    'Identifiers and times are made again for each send. The exit code is 0 if the answer is 2xx (with --invalid-signature: 401), ' +
    '1 if it is another, 4 if there is no answer.';
  static override examples = [
    '<%= config.bin %> simulate send charge.refunded',
    '<%= config.bin %> simulate send --type charge.refunded --data data.object.amount=500 --count 3',
    '<%= config.bin %> simulate send --type charge.refunded --invalid-signature',
  ];
  static override args = {
    type: Args.string({ name: 'TYPE', description: 'Event type: see simulate list. The same as --type.' }),
  };
  static override flags = {
    ...sendFlags,
    type: Flags.string({ char: 't', helpValue: 'TYPE', description: 'Event type: see simulate list.' }),
    data: Flags.string({
      char: 'd',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH=VALUE',
      description:
        'Put a value into the payload, at a dotted path (data.object.amount=500). JSON if it parses, else text.',
    }),
    'invalid-signature': Flags.boolean({ description: 'Change one character of the signature.' }),
    count: Flags.integer({ char: 'n', min: 1, default: 1, helpValue: 'N', description: 'Send this many, one by one.' }),
  };

  override async run(): Promise<{ endpoint: string; url: string; type: string; deliveries: readonly Sent[] }> {
    const { args, flags } = await this.parse(SimulateSend);
    const type = typeOf(args.type, flags.type);
    const { offers, base, trusting } = await prepareSimulation(flags);
    const offer = await chooseOffer(offers, type);
    const invalid = flags['invalid-signature'];
    const next = await prepareRequests(offer, { base, invalid, overrides: await parseData(flags.data ?? []) });
    const [{ createSender }, { addressOf }] = await Promise.all([
      import('../../../testing/simulator/sender.js'),
      import('../../../testing/simulator/request.js'),
    ]);
    const url = addressOf(offer.endpoint, base);
    const sender = createSender(url, 1, trusting);
    const deliveries: Sent[] = [];
    this.log(`POST ${url}  ${offer.type}`);
    try {
      for (let sent = 0; sent < flags.count; sent++) {
        const started = performance.now();
        const answer = await sender.send(next());
        const milliseconds = Math.round((performance.now() - started) * 10) / 10;
        deliveries.push({ status: answer.status, answer: answer.body, milliseconds });
        this.show(describe(answer, milliseconds));
      }
    } finally {
      await sender.close();
    }
    this.next(nextOf(deliveries), flags.config);
    const asExpected = ({ status }: Sent): boolean => (invalid ? status === 401 : status >= 200 && status < 300);
    if (!deliveries.every(asExpected)) this.endWith('negative');
    return { endpoint: offer.endpoint.name, url, type: offer.type, deliveries };
  }
}

/** Of what came last: a letter is named by its place, as its answer has no id of the delivery. */
function nextOf(deliveries: readonly Sent[]): readonly string[] {
  const events = eventsOf(deliveries.at(-1)?.answer);
  const letter = events.find(({ status }) => status === 'dead_lettered');
  if (letter?.kafka_partition !== undefined) {
    const { kafka_topic: topic, kafka_partition: partition, kafka_offset: offset } = letter;
    return [`gateway dlq show ${topic}/${partition}@${offset}`];
  }
  const id = events.map(({ event_id }) => event_id).find((each) => typeof each === 'string');
  return id === undefined || !process.stdout.isTTY ? [] : [`gateway find ${id}`, `gateway explain ${id}`];
}

function typeOf(argument: string | undefined, flag: string | undefined): string {
  const type = argument ?? flag;
  if (type === undefined) throw new Failure('usage', 'Which event type? gateway simulate list shows what there is');
  if (flag !== undefined && flag !== type) throw new Failure('usage', `Either ${argument} or --type ${flag}`);
  return type;
}

async function parseData(texts: readonly string[]): Promise<readonly Override[]> {
  const { parseOverride } = await import('../../../testing/simulator/override.js');
  return texts.map((text) => {
    const override = parseOverride(text);
    if (!override) throw new Failure('usage', `--data ${text}: not of the form PATH=VALUE`);
    return override;
  });
}

/** The status line, then a line for each event of the answer. */
function describe({ status, body }: SentAnswer, milliseconds: number): string {
  const events = eventsOf(body).map(describeEvent);
  if (events.length === 0) events.push(typeof body === 'string' ? body : JSON.stringify(body));
  const lines = events.map(printable).flatMap((event) => {
    const [what = '', where] = event.split('  →  ');
    const isWide = event.length + 2 > (terminalWidth() ?? Number.POSITIVE_INFINITY);
    return isWide && where !== undefined ? [`  ${what}`, `    →  ${where}`] : [`  ${event}`];
  });
  return [`${status}  ${milliseconds} ms`, ...lines].join('\n');
}

type Fields = { readonly [name: string]: unknown };

/** Of a batch each event, else the answer itself, if it says where the event went. */
function eventsOf(body: unknown): readonly Fields[] {
  if (!isContainer(body)) return [];
  if (Array.isArray(body.events)) return body.events.filter(isContainer);
  return body.kafka_topic === undefined ? [] : [body];
}

function describeEvent(event: Fields): string {
  const { status, reason, event_type, event_id, kafka_topic, kafka_partition, kafka_offset } = event;
  const what = [status, reason, event_type, event_id].filter((part) => part !== undefined).join('  ');
  const place = kafka_partition === undefined ? '' : `  partition ${kafka_partition}  offset ${kafka_offset}`;
  return `${what}  →  topic ${kafka_topic}${place}`;
}
