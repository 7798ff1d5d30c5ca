import { Failure } from '../../exit.js';
import type { Activity } from '../../inspector/contract.js';
import type { Status as Report } from '../../server/telemetry/status.js';
import { askActivity } from '../activity.js';
import { adminFlags, askAdmin } from '../admin-client.js';
import { BaseCommand } from '../base-command.js';
import { Flags } from '../oclif.js';
import { describeStatus } from '../status-lines.js';
import { terminalWidth } from '../terminal.js';

export default class Status extends BaseCommand {
  static override summary =
    'Show the status of the running gateway: endpoints with their rates, secrets by their last use, unknown paths, lag, configuration.';
  static override description =
    'Asks its admin server. The exit code is 0 if it takes deliveries, 1 if it does not, 4 if none answers.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json'];
  static override flags = {
    ...adminFlags,
    all: Flags.boolean({ description: 'Lanes, too, in which nothing waits.' }),
  };

  override async run(): Promise<Report & { readonly activity?: Activity }> {
    const { flags } = await this.parse(Status);
    const status = await askAdmin(flags, 'GET', '/status');
    if (!isStatus(status)) throw new Failure('unreachable', 'That is not the admin server of a gateway');
    const activity = await askActivity(flags);
    const view = { now: Date.now(), activity, width: terminalWidth(), all: flags.all };
    this.show(describeStatus(status, view));
    this.nextOnTerminal(nextOf(status, activity), flags.config);
    if (!status.ready) this.endWith('negative');
    return { ...status, ...(activity && { activity }) };
  }
}

/** The command that tells more of what is wrong, the most urgent first. */
function nextOf(
  { ready, connected, config, lanes, endpoints }: Report,
  activity: Activity | undefined,
): readonly string[] {
  const has = (outcome: string) => endpoints.some(({ deliveries }) => (deliveries[outcome] ?? 0) > 0);
  const all = [
    ...(ready && connected ? [] : ['gateway doctor']),
    ...(config.lastError === undefined ? [] : ['gateway lint-config']),
    ...(lanes.some(({ parked }) => parked > 0) ? ['gateway spool list'] : []),
    ...(activity?.unknownPaths.some(({ didYouMean }) => didYouMean !== undefined) ? ['gateway routes'] : []),
    ...(has('dead_lettered') || has('unproven') ? ['gateway dlq summary'] : []),
  ];
  return all.length === 0 ? ['gateway top'] : all;
}

function isStatus(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'endpoints' in value && 'config' in value;
}
