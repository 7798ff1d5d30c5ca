import { Failure } from '../../../exit.js';
import { BaseCommand } from '../../base-command.js';
import { awaitInterruption } from '../../interruption.js';
import { Args, Flags } from '../../oclif.js';
import { createProgress } from '../../progress.js';
import type { ScenarioReport } from '../../scenarios.js';
import { sendFlags } from '../../simulation.js';

export default class SimulateScenario extends BaseCommand {
  static override summary = 'Play the events of a payment, or of many payments of many merchants.';
  static override description =
    'Without a name: which scenarios the plugins of the configuration have. Events of one payment keep its ids, amounts and ' +
    'times, and are sent one after the other, each as soon as the one before has its answer; with --speed, when they are ' +
    'due. What gets no 2xx is sent again, as the provider would. The exit code is 1 if an event was not accepted.';
  static override examples = [
    '<%= config.bin %> simulate scenario',
    '<%= config.bin %> simulate scenario payment-refunded',
    '<%= config.bin %> simulate scenario --merchants 100 --rate 50 --duration 60 --faults all --expect expected.jsonl',
  ];
  static override args = {
    name: Args.string({ description: 'A scenario: payment-refunded, or stripe/payment-refunded.' }),
  };
  static override flags = {
    ...sendFlags,
    seed: Flags.integer({ default: 1, min: 0, helpValue: 'N', description: 'The same seed makes the same events.' }),
    speed: Flags.integer({
      min: 1,
      helpValue: 'N',
      description: 'So many times faster than the clock. Default: without waiting.',
    }),
    faults: Flags.string({
      helpValue: 'NAMES',
      description:
        'What providers do: repeat, reorder, burst, silence, older, twin, rotate, separated by commas, or all.',
    }),
    merchants: Flags.integer({
      min: 1,
      helpValue: 'N',
      description: 'Many lives of so many merchants, of all scenarios.',
    }),
    rate: Flags.integer({ min: 1, default: 10, helpValue: 'N', description: 'With --merchants: events per second.' }),
    duration: Flags.integer({
      min: 1,
      default: 60,
      helpValue: 'SECONDS',
      description: 'With --merchants: how long payments begin.',
    }),
    concurrency: Flags.integer({ min: 1, default: 64, helpValue: 'N', description: 'Requests under way at the most.' }),
    expect: Flags.string({ helpValue: 'FILE', description: 'Write which records must exist now: see simulate check.' }),
  };

  override async run(): Promise<ScenarioReport | { scenarios: readonly object[] }> {
    const { args, flags } = await this.parse(SimulateScenario);
    const signal = awaitInterruption();
    const { listPlayable, playScenarios, formatScenarios, formatReport } = await import('../../scenarios.js');
    const all = await listPlayable(flags);
    if (args.name === undefined && flags.merchants === undefined) {
      this.log(formatScenarios(all.playable));
      return {
        scenarios: all.playable.map(({ scenario: { name, title, steps }, endpoint }) => ({
          name,
          title,
          endpoint: endpoint.name,
          provider: endpoint.provider.name,
          events: steps.map(({ event }) => event),
        })),
      };
    }
    const progress = createProgress(process.stderr);
    const report = await playScenarios(
      all,
      { ...flags, name: args.name },
      {
        signal,
        show: (done, total) => progress.show(done / total, `${done}/${total} events`),
        say: (line) => this.log(line),
      },
    );
    progress.clear();
    this.log(formatReport(report, flags.expect));
    if (report.accepted < report.events) this.endWith('negative');
    if (report.answered === 0)
      throw new Failure('unreachable', `No answer from ${all.base}: gateway start or gateway dev runs one`, {
        ...report,
      });
    if (signal.aborted) this.endWith('interrupted');
    return report;
  }
}
