import { Failure } from '../../exit.js';
import { printableColoured } from '../../util/printable.js';
import { BaseCommand } from '../base-command.js';
import { readDevState, removeDevState, writeDevState } from '../dev/state.js';
import { aborted, awaitInterruption } from '../interruption.js';
import { Flags } from '../oclif.js';

export default class Dev extends BaseCommand {
  static override summary = 'Run a gateway for development, and show each webhook.';
  static override description =
    'Without a configuration it runs on a built-in one: no Kafka, all it keeps is in ./data. Secret files that an embedded ' +
    'configuration refers to are made on the first start. It reloads when a file of its configuration changes. While it runs, ' +
    '`simulate`, `tap`, `explain` and the others use its configuration in this directory. On a terminal keys work: o opens ' +
    'the inspector, s sends an example, q quits. With --json, stdout has one line that says where it listens.';
  static override examples = [
    '<%= config.bin %> dev',
    '<%= config.bin %> dev --provider stripe,adyen --port 9000',
    '<%= config.bin %> dev --stripe-cli --forward http://localhost:3000/webhook',
    '<%= config.bin %> dev --tunnel cloudflared',
  ];
  static override flags = {
    config: Flags.string({
      char: 'c',
      helpValue: 'FILE',
      description:
        'Configuration file. Without it: the one that GATEWAY_CONFIG names, else ./gateway.yaml, else ./config/dev.yaml, else ' +
        './config/gateway.yaml, else a built-in one.',
    }),
    provider: Flags.string({
      char: 'p',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME,…',
      exclusive: ['config'],
      description: 'Run the built-in configuration with these providers: see plugins list. Without it: stripe.',
    }),
    port: Flags.integer({
      min: 0,
      max: 65_535,
      helpValue: 'N',
      description: 'Listen on this port. Without it: the one of the configuration, or the next that is free.',
    }),
    forward: Flags.string({
      helpValue: 'URL',
      description: 'Send what was accepted on to a local handler, with its headers and bytes, and show its answer.',
      parse: async (text) => parseUrl(text),
    }),
    'stripe-cli': Flags.boolean({
      description:
        "Run stripe listen beside it: events of your Stripe account arrive here. Its secret is the endpoint's.",
    }),
    tunnel: Flags.option({
      options: ['cloudflared', 'ngrok', 'smee'] as const,
      description: 'Run this program beside it, which gives it a public address.',
    })(),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Dev);
    const other = readDevState();
    if (other !== undefined) {
      throw new Failure('negative', `gateway dev runs here already, at ${other.url}: process ${other.pid}`);
    }
    const interrupted = awaitInterruption();
    const { runDev } = await import('../dev/run.js');
    const json = this.jsonEnabled();
    // What strangers have written is made printable where the lines are made; the colours are ours.
    const say = (line: string) => void (json || process.stdout.write(`${printableColoured(line)}\n`));
    const running = await runDev({ ...flags, stripeCli: flags['stripe-cli'] }, { json, say });
    writeDevState(running.state);
    if (json) process.stdout.write(`${JSON.stringify(running.state)}\n`);
    const quit = new AbortController();
    const stopKeys = json ? () => undefined : running.listenForKeys(() => quit.abort());
    try {
      await Promise.race([aborted(interrupted), aborted(quit.signal)]);
    } finally {
      stopKeys();
      removeDevState();
      await running.close();
    }
  }
}

function parseUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new Failure('usage', `--forward ${text}: not an http URL`);
}
