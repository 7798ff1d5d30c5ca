import { adminFlags, askAdmin } from '../cli/admin-client.js';
import { BaseCommand } from '../cli/base-command.js';
import { Failure } from '../cli/failure.js';
import { formatTable } from '../cli/table.js';
import { formatAge } from '../cli/time.js';
import type { EndpointStatus, Status as Report } from '../telemetry/status.js';

export default class Status extends BaseCommand {
  static override summary =
    'Say how the running gateway is: endpoints, secrets by their last use, lanes, configuration.';
  static override description =
    'Asks its admin server. The exit code is 0 if it takes deliveries, 1 if it does not, 4 if none answers.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json'];
  static override flags = adminFlags;

  override async run(): Promise<Report> {
    const { flags } = await this.parse(Status);
    const status = await askAdmin(flags, 'GET', '/status');
    if (!isStatus(status)) throw new Failure('unreachable', 'The answer is not that of a gateway');
    this.log(describe(status, Date.now()));
    if (!status.ready) this.endWith('negative');
    return status;
  }
}

function isStatus(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'endpoints' in value && 'config' in value;
}

function describe(status: Report, now: number): string {
  const { version, pid, startedAt, ready, workers, config, connected, inFlight, lanes, parked, spoolFull } = status;
  const up = formatAge(now - Date.parse(startedAt));
  const sections = [
    `${ready ? 'ready' : 'NOT READY'}: version ${version}, process ${pid}, up ${up}, ${workers.ready} of ${workers.of} workers, ${inFlight} in flight`,
    `configuration ${config.digest} of ${config.file}, loaded ${formatAge(now - Date.parse(config.loadedAt))} ago`,
    ...(config.lastError === undefined ? [] : [`LAST RELOAD REFUSED: ${config.lastError}`]),
    ...(connected ? [] : ['NO CONNECTION TO KAFKA']),
    ...(spoolFull ? ['THE SPOOL IS FULL: webhooks are answered with 503'] : []),
    ...(parked > 0 ? [`${parked} PARKED: see gateway spool list`] : []),
    '',
    endpointTable(status.endpoints, now),
  ];
  if (lanes.length > 0) sections.push('', laneTable(lanes));
  return sections.join('\n');
}

function endpointTable(endpoints: readonly EndpointStatus[], now: number): string {
  const rows = endpoints.map(({ name, path, secrets, deliveries }) => [
    ...[name, path, secrets.map((secret) => describeSecret(secret, now)).join(', ')],
    Object.entries(deliveries)
      .map(([outcome, count]) => `${outcome} ${count}`)
      .join(', ') || '-',
  ]);
  return formatTable(['ENDPOINT', 'PATH', 'SECRETS', 'DELIVERIES'], rows);
}

function describeSecret(
  { name, notBefore, expires, lastUsed }: EndpointStatus['secrets'][number],
  now: number,
): string {
  const used =
    lastUsed === undefined ? 'not used since the start' : `used ${formatAge(now - Date.parse(lastUsed))} ago`;
  if (expires !== undefined && Date.parse(expires) <= now) return `${name}: expired, ${used}`;
  if (notBefore !== undefined && Date.parse(notBefore) > now) return `${name}: not active yet`;
  return `${name}: ${used}`;
}

function laneTable(lanes: Report['lanes']): string {
  const rows = lanes.map(({ topic, open, records, bytes, oldestSeconds }) => [
    ...[topic, open ? 'open' : 'closed', String(records), `${(bytes / 1024).toFixed(1)} KiB`],
    records === 0 ? '-' : formatAge(oldestSeconds * 1000),
  ]);
  return formatTable(['TOPIC', 'LANE', 'SPOOLED', 'SIZE', 'OLDEST'], rows);
}
