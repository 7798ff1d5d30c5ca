import { writeJunit } from '../../diagnostics/junit.js';
import { BaseCommand } from '../base-command.js';
import { awaitInterruption } from '../interruption.js';
import { Args, Flags } from '../oclif.js';
import { pluginFlags } from '../plugins.js';
import { countOutcomes, planTests, toJunit, type Unit, type UnitReport } from '../test-run.js';

interface Report extends Pick<UnitReport, 'plugins' | 'tests'> {
  /** The configuration whose tests ran; absolute. Absent: only plugins. */
  readonly config?: string;
  readonly passed: number;
  readonly failed: number;
}

export default class Test extends BaseCommand {
  static override summary = 'Run the tests beside the configuration, and those of plugins.';
  static override description =
    'It runs the tests of the configuration, and of the plugins that its endpoints use. ' +
    'Beside gateway.yaml, and in the folder of a plugin, tests/*.yaml say what is given and what must become of it ' +
    '(schemas/tests.schema.json). Of a plugin, each example is replayed, too: signed with keys made for it, it goes ' +
    'through verification, schema, event rules and routes; its event type must be the name of its file, and a parameter ' +
    'NAME of the plugin is "made_up_NAME". Then its body, its headers, the clock and the secret are changed, and each ' +
    'change must be refused as far as the signature covers it. Each rule is tried on the examples, those of the ' +
    "configuration's own routes as well: one that fails is a failure. Secrets are made up, and nothing is sent anywhere. " +
    'The exit code is 1 if anything fails or nothing was tested, 3 if there is no configuration and no plugin is named.';
  static override examples = [
    '<%= config.bin %> test',
    '<%= config.bin %> test stripe github',
    '<%= config.bin %> test stripe --watch',
    '<%= config.bin %> test acme --dir ./plugins',
    '<%= config.bin %> test --all',
    '<%= config.bin %> test --format junit > tests.xml',
  ];
  static override strict = false;
  static override args = {
    plugin: Args.string({
      name: 'PLUGIN',
      description:
        "One or several: these plugins, and of the configuration's tests those at endpoints of them. Without it: those that its endpoints use.",
    }),
  };
  static override flags = {
    ...pluginFlags,
    all: Flags.boolean({ description: 'Every plugin, whether the configuration uses it or not.' }),
    watch: Flags.boolean({ description: 'Watch the files, and run the affected tests again until Ctrl-C.' }),
    update: Flags.boolean({
      exclusive: ['watch'],
      description:
        'Write what is into the expectations of tests/*.yaml that fail. Look at the difference before you keep it.',
    }),
    format: Flags.option({
      options: ['pretty', 'json', 'junit'] as const,
      default: 'pretty',
      description: 'For people, for programs (the same as --json), or for a CI server.',
    })(),
  };

  #format: 'pretty' | 'json' | 'junit' = 'pretty';

  override async run(): Promise<Report> {
    const { argv, flags } = await this.parse(Test);
    this.#format = flags.format;
    const { units, config } = await planTests(argv.map(String), flags);
    const reports = new Map<Unit, UnitReport>();
    await this.#runUnits(units, reports);
    if (flags.watch) await this.#watch(units, reports);
    const all = [...reports.values()];
    const { passed, failed } = countOutcomes(all);
    if (this.#format === 'junit') process.stdout.write(writeJunit(toJunit(all)));
    if ((failed > 0 || passed === 0) && !flags.watch) this.endWith('negative');
    return {
      ...(config !== undefined && { config }),
      passed,
      failed,
      tests: all.flatMap((each) => each.tests),
      plugins: all.flatMap((each) => each.plugins),
    };
  }

  async #runUnits(units: readonly Unit[], reports: Map<Unit, UnitReport>): Promise<void> {
    for (const unit of units) {
      const report = await unit.run();
      reports.set(unit, report);
      process.stderr.write(report.faults);
      for (const line of report.lines) this.#say(line);
    }
    // Last, where they are seen.
    const all = [...reports.values()];
    for (const failure of all.flatMap(({ failures }) => failures)) this.#say(`\n${failure}`);
    const { passed, failed } = countOutcomes(all);
    this.#say(`\n${passed + failed === 0 ? 'No tests ran: ' : ''}${passed} passed, ${failed} failed`);
  }

  async #watch(units: readonly Unit[], reports: Map<Unit, UnitReport>): Promise<void> {
    const { awaitChange } = await import('../watch.js');
    const signal = awaitInterruption();
    const nextChange = () =>
      awaitChange(
        [...reports.values()].flatMap((report) => report.folders),
        signal,
      );
    let next = nextChange();
    for (;;) {
      this.#say('watching…');
      const changed = await next;
      if (changed === undefined) break;
      // What changes while the tests run counts, too.
      next = nextChange();
      const again = units.filter((unit) => reports.get(unit)?.folders.some((folder) => changed.has(folder)));
      await this.#runUnits(again, reports);
    }
    this.endWith('interrupted');
  }

  #say(line: string): void {
    if (this.#format === 'pretty') this.log(line);
  }

  override jsonEnabled(): boolean {
    return this.#format === 'json' || super.jsonEnabled();
  }
}
