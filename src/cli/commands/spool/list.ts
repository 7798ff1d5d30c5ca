import { BaseCommand } from '../../base-command.js';
import { inspectSpool } from '../../spool.js';
import { formatTable } from '../../table.js';
import { terminalWidth } from '../../terminal.js';
import { configFlag } from '../../which-config.js';

interface Parked {
  readonly worker: number;
  readonly number: number;
  readonly topic: string;
  readonly key: string;
  readonly type: string;
  readonly id: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly parkedAt: string;
  readonly bytes: number;
}

export default class SpoolList extends BaseCommand {
  static override summary = 'The parked records: taken and answered with 200, and then refused by Kafka for good.';
  static override description =
    'They stay on this machine until `spool retry` has them sent again, after what Kafka refused them for is mended.';
  static override examples = ['<%= config.bin %> spool list'];
  static override flags = { config: configFlag };

  override async run(): Promise<{ folder: string; parked: readonly Parked[] }> {
    const { flags } = await this.parse(SpoolList);
    const spool = await inspectSpool(flags.config);
    const parked: Parked[] = [];
    for await (const { slot, number, record, parked: reason = '', spooledAt } of spool.parked()) {
      const { topic, key, headers, value } = record;
      parked.push({
        worker: slot,
        number,
        topic,
        key,
        type: headers.ce_type ?? '',
        id: headers.ce_id ?? '',
        reason,
        parkedAt: new Date(spooledAt).toISOString(),
        bytes: value.length,
      });
    }
    if (parked.length === 0) this.log('Nothing is parked.');
    else {
      const rows = parked.map((each) => [each.parkedAt, each.topic, each.type, each.id, each.key, each.reason]);
      this.log(formatTable(['PARKED', 'TOPIC', 'TYPE', 'ID', 'KEY', 'REASON'], rows, { width: terminalWidth() }));
    }
    return { folder: spool.folder, parked };
  }
}
