import { adminFlags, askAdmin } from '../cli/admin-client.js';
import { BaseCommand } from '../cli/base-command.js';
import { Failure } from '../cli/failure.js';
import { describeStatus } from '../cli/status-lines.js';
import type { Status as Report } from '../telemetry/status.js';

export default class Status extends BaseCommand {
  static override summary =
    'Say how the running gateway is: endpoints, secrets by their last use, lag, lanes, configuration.';
  static override description =
    'Asks its admin server. The exit code is 0 if it takes deliveries, 1 if it does not, 4 if none answers.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json'];
  static override flags = adminFlags;

  override async run(): Promise<Report> {
    const { flags } = await this.parse(Status);
    const status = await askAdmin(flags, 'GET', '/status');
    if (!isStatus(status)) throw new Failure('unreachable', 'The answer is not that of a gateway');
    this.log(describeStatus(status, Date.now()));
    if (!status.ready) this.endWith('negative');
    return status;
  }
}

function isStatus(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'endpoints' in value && 'config' in value;
}
