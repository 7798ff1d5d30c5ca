import { BaseCommand } from '../../base-command.js';
import { inspectSpool } from '../../spool.js';
import { configFlag } from '../../which-config.js';

export default class SpoolRetry extends BaseCommand {
  static override summary = 'Have the parked records sent again.';
  static override description =
    'A running gateway sends them at once, else the next one when it starts. What Kafka refuses once more stays parked.';
  static override examples = ['<%= config.bin %> spool retry'];
  static override flags = { config: configFlag };

  override async run(): Promise<{ folder: string; asked: number }> {
    const { flags } = await this.parse(SpoolRetry);
    const spool = await inspectSpool(flags.config);
    let asked = 0;
    for await (const _ of spool.parked()) asked++;
    if (asked > 0) await spool.askForRetry();
    this.log(asked === 0 ? 'Nothing is parked.' : `${asked} parked: to be sent again. See gateway spool list`);
    return { folder: spool.folder, asked };
  }
}
