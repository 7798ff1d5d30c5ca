import { Failure } from '../../../exit.js';
import { BaseCommand } from '../../base-command.js';
import { type DiffReport, describeDiff, diffFiles } from '../../config-diff.js';
import { describeRunningDiff, diffRunning, type RunningDiff } from '../../config-history.js';
import { Args, Flags } from '../../oclif.js';
import { sinceOf } from '../../time.js';

export default class ConfigDiff extends BaseCommand {
  static override summary = 'Say what a new configuration would change, for recorded events, too.';
  static override description =
    'Compares what two configurations put into effect: endpoints, secrets by name, routes, topics, the files of plugins. ' +
    'With --against, recorded events go through both: those of a topic, which is read with the old configuration, or of a ' +
    'file (lines of tap --json, or captured requests). Secrets that are not set here are made up, and signatures are then ' +
    'not verified again. With --running and one file: what a reload with it would change for the gateway that runs here. The exit code is 1 if an event would change topic, key or verdict.';
  static override examples = [
    '<%= config.bin %> config diff deployed/gateway.yaml config/gateway.yaml',
    '<%= config.bin %> config diff deployed/gateway.yaml config/gateway.yaml --against webhooks.stripe.charge --since 24h',
    '<%= config.bin %> config diff old.yaml new.yaml --against recorded.jsonl --json',
    '<%= config.bin %> config diff --running config/gateway.yaml',
  ];
  static override args = {
    old: Args.string({
      name: 'OLD',
      required: true,
      description: 'The configuration that runs; with --running, the one that is to run.',
    }),
    new: Args.string({ name: 'NEW', description: 'The one that is to run.' }),
  };
  static override flags = {
    config: Flags.string({
      char: 'c',
      helpValue: 'FILE',
      dependsOn: ['running'],
      description: 'The file that the running gateway was started with, where that is another one.',
    }),
    running: Flags.boolean({
      exclusive: ['against'],
      description: 'Against what the running gateway has in effect, which its admin server names.',
    }),
    url: Flags.string({ helpValue: 'URL', dependsOn: ['running'], description: 'Where the admin server is.' }),
    against: Flags.string({
      helpValue: 'TOPIC|FILE',
      multiple: true,
      multipleNonGreedy: true,
      description: 'Recorded events. - is stdin. May be given several times.',
    }),
    limit: Flags.integer({ helpValue: 'N', default: 1000, min: 1, description: 'So many of each topic, the newest.' }),
    since: Flags.string({ helpValue: 'TIME', default: '7d', description: 'How far back in a topic.' }),
  };

  override async run(): Promise<DiffReport | RunningDiff> {
    const { args, flags } = await this.parse(ConfigDiff);
    if (flags.running) return this.#againstRunning(args.old, args.new, flags);
    if (args.new === undefined) throw new Failure('usage', 'Give two configurations, or one and --running');
    const since = sinceOf('--since', flags.since);
    const report = await diffFiles(args.old, args.new, { against: flags.against ?? [], limit: flags.limit, since });
    this.log(describeDiff(report));
    if ((report.against?.changed.length ?? 0) > 0) this.endWith('negative');
    return report;
  }

  async #againstRunning(
    file: string,
    other: string | undefined,
    flags: { readonly config?: string | undefined; readonly url?: string | undefined },
  ): Promise<RunningDiff> {
    if (other !== undefined) throw new Failure('usage', '--running takes one file: what runs is the other side');
    const report = await diffRunning(file, flags);
    this.log(describeRunningDiff(report));
    if (report.isRunning && report.changes.length > 0 && report.restart.length === 0) this.next(['gateway reload']);
    return report;
  }
}
