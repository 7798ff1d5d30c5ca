import { Failure } from '../../../exit.js';
import type { Checked } from '../../../testing/simulator/scenarios/check.js';
import type { ExpectedRecord } from '../../../testing/simulator/scenarios/expected.js';
import { BaseCommand } from '../../base-command.js';
import { Args } from '../../oclif.js';
import { loadSettings } from '../../settings.js';
import { configFlag, whichConfig } from '../../which-config.js';

interface Report {
  readonly expected: number;
  readonly found: number;
  readonly missing: number;
  readonly twice: number;
  readonly misplaced: number;
  readonly outOfOrder: number;
}

/** Milliseconds by which the clocks of two machines may differ. */
const clockSkew = 300_000;
const mostNamed = 10;

export default class SimulateCheck extends BaseCommand {
  static override summary = 'Compare the topics with the records that simulate scenario says must exist.';
  static override description =
    'Each record must be there once, under its topic and key, and after those of its key that had their 2xx before it was ' +
    'sent. The exit code is 1 where that is not so.';
  static override examples = ['<%= config.bin %> simulate check expected.jsonl'];
  static override args = {
    file: Args.string({ required: true, description: 'What simulate scenario --expect has written.' }),
  };
  static override flags = { config: configFlag };

  override async run(): Promise<Report> {
    const { args, flags } = await this.parse(SimulateCheck);
    const { publisher } = await loadSettings(whichConfig(flags.config).file, { warn: false });
    const [{ readExpected }, { checkRecords }, { readTopics }] = await Promise.all([
      import('../../../testing/simulator/scenarios/expected.js'),
      import('../../../testing/simulator/scenarios/check.js'),
      import('../../../publish/read.js'),
    ]);
    const expected = await readExpected(args.file).catch((error: Error) => {
      throw new Failure('usage', error.message);
    });
    const topics = [...new Set(expected.map(({ topic }) => topic))];
    const since = expected.reduce((least, { startedAt }) => Math.min(least, startedAt), Date.now()) - clockSkew;
    const records = readTopics(publisher, topics, { from: { since }, until: 'end', skipMissing: true });
    const checked = await checkRecords(expected, records);
    for (const line of nameFaults(checked)) this.log(line);
    const report = summarize(checked);
    const { found, missing, twice, misplaced, outOfOrder } = report;
    this.log(
      `expected ${expected.length}, found ${found}: ${missing} missing, ${twice} twice, ${misplaced} elsewhere, ${outOfOrder} out of order`,
    );
    if (missing + twice + misplaced + outOfOrder > 0) this.endWith('negative');
    return report;
  }
}

function summarize({ expected, found, missing, twice, misplaced, outOfOrder }: Checked): Report {
  return {
    expected,
    found,
    missing: missing.length,
    twice: twice.length,
    misplaced: misplaced.length,
    outOfOrder: outOfOrder.length,
  };
}

function nameFaults({ missing, twice, misplaced, outOfOrder }: Checked): readonly string[] {
  const name = (what: string, records: readonly ExpectedRecord[]) =>
    records.slice(0, mostNamed).map(({ type, id, topic, key }) => `${what}: ${type} ${id} in ${topic}, key ${key}`);
  return [
    ...name('missing', missing),
    ...name('twice', twice),
    ...name('elsewhere', misplaced),
    ...name('out of order', outOfOrder),
  ];
}
