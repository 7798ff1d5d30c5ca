import { BaseCommand } from '../../base-command.js';
import { inspectSpool } from '../../spool.js';
import { formatTable } from '../../table.js';
import { terminalWidth } from '../../terminal.js';
import { configFlag } from '../../which-config.js';

interface Damaged {
  readonly file: string;
  readonly bytes: number;
  /** Whole records that were not delivered, as far as is known. */
  readonly records: number;
  readonly unreadableBytes: number;
}

export default class SpoolRecover extends BaseCommand {
  static override summary = 'Have sent what is whole in damaged files of the spool.';
  static override description =
    'A file that cannot be read, or not all of it, is set aside with `.damaged-` in its name. This reads such files record by ' +
    'record: a running gateway sends what is whole and was not delivered at once, else the next one when it starts. The ' +
    'files stay, with `.recovered-` in their names, for you to look at and delete.';
  static override examples = ['<%= config.bin %> spool recover'];
  static override flags = { config: configFlag };

  override async run(): Promise<{ folder: string; damaged: readonly Damaged[] }> {
    const { flags } = await this.parse(SpoolRecover);
    const spool = await inspectSpool(flags.config);
    const damaged = (await spool.damaged()).map(({ path, bytes, records, unreadable }) => ({
      file: path,
      bytes,
      records,
      unreadableBytes: unreadable,
    }));
    if (damaged.length === 0) {
      this.log('No file is damaged.');
      return { folder: spool.folder, damaged };
    }
    await spool.askForRecovery();
    const rows = damaged.map((each) => [each.file, each.bytes, each.records, each.unreadableBytes].map(String));
    this.log(formatTable(['FILE', 'BYTES', 'RECORDS', 'UNREADABLE'], rows, { width: terminalWidth() }));
    const records = damaged.reduce((sum, each) => sum + each.records, 0);
    this.log(`${records} records: to be sent by the gateway. See its log, and gateway spool status`);
    return { folder: spool.folder, damaged };
  }
}
