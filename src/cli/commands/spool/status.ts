import { BaseCommand } from '../../base-command.js';
import { inspectSpool } from '../../spool.js';
import { formatTable } from '../../table.js';
import { terminalWidth } from '../../terminal.js';
import { configFlag } from '../../which-config.js';

interface Status {
  readonly folder: string;
  readonly lanes: readonly { slot: number; topic: string; records: number; bytes: number; oldestSeconds: number }[];
  readonly parked: number;
  /** Files that can't be read and are set aside. */
  readonly damaged: readonly { file: string; bytes: number }[];
}

export default class SpoolStatus extends BaseCommand {
  static override summary = 'What waits on this machine for Kafka: lanes, records, sizes, ages.';
  static override description = 'Reads the spool of the configuration, whether its gateway runs or not.';
  static override examples = ['<%= config.bin %> spool status'];
  static override flags = { config: configFlag };

  override async run(): Promise<Status> {
    const { flags } = await this.parse(SpoolStatus);
    const spool = await inspectSpool(flags.config);
    const lanes = (await spool.lanes()).map(({ oldest, ...lane }) => ({
      ...lane,
      oldestSeconds: Math.max(0, Math.round((Date.now() - oldest) / 1000)),
    }));
    let parked = 0;
    for await (const _ of spool.parked()) parked++;
    if (lanes.length === 0) this.log('Nothing waits for Kafka.');
    else {
      const rows = lanes.map(({ slot, topic, records, bytes, oldestSeconds }) =>
        [topic, slot, records, `${(bytes / 1024).toFixed(1)} KiB`, `${oldestSeconds} s`].map(String),
      );
      this.log(formatTable(['TOPIC', 'WORKER', 'RECORDS', 'SIZE', 'OLDEST'], rows, { width: terminalWidth() }));
    }
    if (parked > 0) this.log(`${parked} parked: see gateway spool list`);
    const damaged = (await spool.damaged()).map(({ path, bytes }) => ({ file: path, bytes }));
    for (const { file, bytes } of damaged) this.log(`Damaged: ${file} (${bytes} bytes): see gateway spool recover`);
    return { folder: spool.folder, lanes, parked, damaged };
  }
}
