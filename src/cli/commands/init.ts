import { Failure } from '../../exit.js';
import { ask, canAsk } from '../ask.js';
import { BaseCommand } from '../base-command.js';
import { Flags } from '../oclif.js';
import { openOwnPlugins, splitProviders } from '../own-plugins.js';

interface Made {
  /** Paths relative to the working directory. */
  readonly files: readonly string[];
}

export default class Init extends BaseCommand {
  static override summary = 'Write a configuration to begin with, and tests of it.';
  static override description =
    'Writes gateway.yaml, .env.example and tests/ into this directory. .env gets development secrets, .gitignore a line ' +
    'for each folder and file that does not belong into version control; what these two have already stays. It asks only ' +
    'on a terminal, and only for what no flag says. No file is overwritten without --force.';
  static override examples = [
    '<%= config.bin %> init',
    '<%= config.bin %> init --provider stripe,adyen',
    '<%= config.bin %> init --provider stripe --kafka 127.0.0.1:9092 --compose',
  ];
  static override flags = {
    provider: Flags.string({
      char: 'p',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME,…',
      description: 'Whose webhooks: see plugins list. Without it, and without a terminal: stripe.',
    }),
    kafka: Flags.string({
      helpValue: 'HOST:PORT,…',
      description: 'Brokers. Without it, and without a terminal: a log on this machine, no Kafka.',
    }),
    compose: Flags.boolean({ description: 'A compose.yaml with a Kafka broker, too; --kafka is then 127.0.0.1:9092.' }),
    force: Flags.boolean({ description: 'Overwrite what is there.' }),
  };

  override async run(): Promise<Made> {
    const { flags } = await this.parse(Init);
    const local = flags.compose ? '127.0.0.1:9092' : '';
    const asks = canAsk() && !this.jsonEnabled();
    const questions = [
      { flag: flags.provider?.join(','), text: 'Whose webhooks, with commas between several?', fallback: 'stripe' },
      { flag: flags.kafka, text: 'Kafka brokers, HOST:PORT? None: a log on this machine.', fallback: local },
    ];
    const answers = asks ? [...(await ask(questions.filter(({ flag }) => flag === undefined)))] : [];
    const [providers = '', kafka = ''] = questions.map(({ flag, fallback }) => flag ?? answers.shift() ?? fallback);
    checkBrokers(kafka);
    const plugins = await openOwnPlugins(splitProviders([providers]));
    const [{ initFiles }, { writeInitFiles }] = await Promise.all([
      import('../init/files.js'),
      import('../init/write.js'),
    ]);
    const wishes = { plugins, kafka: kafka === '' ? undefined : kafka, compose: flags.compose };
    const files = writeInitFiles(await initFiles(wishes, Date.now()), flags.force);
    this.log(['Written:', ...files.map((file) => `  ${file}`), '', ...nextLines(wishes)].join('\n'));
    return { files };
  }
}

function checkBrokers(text: string): void {
  if (text === '' || text.split(',').every((broker) => /^[^\s:,]+:\d{1,5}$/.test(broker))) return;
  throw new Failure('usage', `--kafka ${text}: not of the form HOST:PORT, with commas between several`);
}

function nextLines({
  kafka,
  compose,
}: {
  readonly kafka: string | undefined;
  readonly compose: boolean;
}): readonly string[] {
  return [
    ...(compose
      ? ['Next:  docker compose up -d', '       npx webhook-gateway dev']
      : ['Next:  npx webhook-gateway dev']),
    `The secrets in .env are made up. Put those of your providers in their place, then: npx webhook-gateway ${kafka === undefined ? 'dev' : 'start'}`,
  ];
}
