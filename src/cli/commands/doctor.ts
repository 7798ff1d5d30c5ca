import { Failure } from '../../exit.js';
import { BaseCommand } from '../base-command.js';
import type { Finding } from '../doctor/finding.js';
import { describeFindings, runChecks } from '../doctor.js';
import { Flags } from '../oclif.js';
import { configFlag, whichConfig } from '../which-config.js';

interface Report {
  readonly checks: readonly Finding[];
}

export default class Doctor extends BaseCommand {
  static override summary =
    'Look at all that the gateway depends on: Kafka, topics, secrets, disk, ports, clock, public URL.';
  static override description =
    'Each finding says what to do. Nothing is published; a probe of a few kilobytes is written to the disk and removed. ' +
    'What cannot be known from here is said to be unknown. The exit code is 0 without failures, 1 with one, and 4 if no ' +
    'broker of Kafka answers.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --url https://hooks.example.com/webhooks/stripe',
    '<%= config.bin %> doctor --provider stripe',
    '<%= config.bin %> doctor --json',
  ];
  static override flags = {
    config: configFlag,
    url: Flags.string({
      helpValue: 'URL',
      description:
        'Address that a provider posts to. It gets a GET without a signature; its Date header tells the clock.',
    }),
    provider: Flags.string({
      helpValue: 'NAME',
      description:
        'Also asks this provider which webhook endpoints are registered there: whether they lead here, are switched on, and send what has a route. Its plugin says how, and which environment variable has the key.',
    }),
  };

  override async run(): Promise<Report> {
    const { flags } = await this.parse(Doctor);
    const { url, provider } = flags;
    if (url !== undefined && !(/^https?:\/\//.test(url) && URL.canParse(url))) {
      throw new Failure('usage', `--url ${url}: not an http URL`);
    }
    const { file, adminUrl } = whichConfig(flags.config);
    const { findings, reachable } = await runChecks(file, { url, provider }, adminUrl);
    this.log(describeFindings(findings));
    if (!reachable) this.endWith('unreachable');
    else if (findings.some(({ status }) => status === 'fail')) this.endWith('negative');
    return { checks: findings };
  }
}
