import type { Activity } from '../inspector/contract.js';
import type { EndpointStatus, LaneReport, Status } from '../server/telemetry/status.js';
import { printable } from '../util/printable.js';
import { describeUnknownPaths, formatLast, formatRate, rateOfFiveMinutes } from './activity.js';
import { formatTable, wrap } from './table.js';
import { formatAge } from './time.js';

export interface StatusView {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Absent: the gateway does not tell. */
  readonly activity?: Activity | undefined;
  /** Characters of a line. */
  readonly width?: number | undefined;
  /** Lanes, too, in which nothing waits. */
  readonly all?: boolean | undefined;
}

/** A status for people. */
export function describeStatus(status: Status, { now, activity, width, all = false }: StatusView): string {
  const { version, pid, startedAt, ready, workers, config, connected, inFlight, lanes, spoolFull } = status;
  const { spoolUnusable, spoolDamagedFiles } = status;
  const up = formatAge(now - Date.parse(startedAt));
  const parked = sum(lanes, 'parked');
  const told = [
    `${ready ? 'ready' : 'NOT READY'}: version ${version}, process ${pid}, up ${up}, ${workers.ready} of ${workers.of} workers, ${inFlight} in flight`,
    `configuration ${config.digest} of ${config.file}, loaded ${formatAge(now - Date.parse(config.loadedAt))} ago`,
    ...(config.lastError === undefined ? [] : [`LAST RELOAD REFUSED: ${printable(config.lastError)}`]),
    ...(connected ? [] : ['NO CONNECTION TO KAFKA']),
    ...(spoolFull ? ['THE SPOOL IS FULL: webhooks are answered with 503'] : []),
    ...(spoolUnusable ? ['THE SPOOL CANNOT BE USED: without Kafka, webhooks are answered with 503; see the log'] : []),
    ...(spoolDamagedFiles > 0 ? [`${spoolDamagedFiles} damaged files of the spool: see gateway spool recover`] : []),
    ...(status.dedupeUsable === false
      ? ['THE DEDUPE WINDOW CANNOT BE USED: repetitions may be published again; see the log']
      : []),
    ...describeStore(status),
    ...(parked > 0 ? [`${parked} PARKED: see gateway spool list`] : []),
    ...(status.queue === undefined ? [] : [describeLag(status.queue, lanes)]),
    ...status.endpoints.flatMap(describeReusedIds),
    ...status.endpoints.flatMap((endpoint) => describeExpected(endpoint, now)),
    ...(activity === undefined ? [] : describeUnknownPaths(activity, now)),
  ];
  return [
    ...told.flatMap((line) => wrap(line, width)),
    '',
    endpointTable(status.endpoints, { now, activity, width }),
    ...(lanes.length > 0 ? ['', ...laneLines(lanes, all, width)] : []),
  ].join('\n');
}

function describeStore({ dedupeStoreUsable, dedupeDegradedEvents = 0 }: Status): readonly string[] {
  if (dedupeStoreUsable === undefined) return [];
  const without = dedupeDegradedEvents === 0 ? '' : `; ${countEvents(dedupeDegradedEvents)} published without it`;
  if (dedupeStoreUsable) return [`dedupe is shared by Redis${without}`];
  return [`REDIS IS UNAVAILABLE: other replicas may publish the same events; see the log${without}`];
}

function describeReusedIds({ name, reusedIds: { published, duplicate } }: EndpointStatus): readonly string[] {
  return [
    ...(published > 0 ? [`${name}: ${countEvents(published)} with a known id and other content, published`] : []),
    ...(duplicate > 0 ? [`${name}: ${countEvents(duplicate)} with a known id and other content, not published`] : []),
  ];
}

function describeExpected({ name, expected = [] }: EndpointStatus, now: number): readonly string[] {
  return expected.map(({ events, last, limitSeconds, overdue }) => {
    const what = `${name}: ${overdue ? 'NO EVENTS' : 'events'}${events === '*' ? '' : ` ${events}`}`;
    const since = formatAge(now - Date.parse(last));
    if (limitSeconds === undefined) return `${what}: how often they come is being learned, the last ${since} ago`;
    const limit = formatAge(limitSeconds * 1000);
    return overdue
      ? `${what} for ${since}: overdue after ${limit}`
      : `${what}: the last ${since} ago, overdue after ${limit}`;
  });
}

/** What was taken and is not in Kafka yet. */
function describeLag(queue: NonNullable<Status['queue']>, lanes: readonly LaneReport[]): string {
  const spooled = sum(lanes, 'records');
  if (spooled + queue.records === 0) return 'lag: none';
  const oldest = Math.max(0, ...lanes.map(({ oldestSeconds }) => oldestSeconds));
  const disk =
    spooled === 0
      ? 'nothing waits on disk'
      : `${countRecords(spooled)} (${formatSize(sum(lanes, 'bytes'))}) on disk, the oldest for ${formatAge(oldest * 1000)}`;
  const memory = queue.records === 0 ? 'nothing' : `${countRecords(queue.records)} (${formatSize(queue.bytes)})`;
  return `lag: ${disk}, ${memory} in memory`;
}

function endpointTable(
  endpoints: readonly EndpointStatus[],
  { now, activity, width }: Omit<StatusView, 'all'>,
): string {
  const rows = endpoints.map(({ name, path, secrets, deliveries }) => {
    const active = activity?.endpoints.find(({ endpoint }) => endpoint === name);
    const rates =
      active === undefined ? '-' : `${formatRate(active.rate1m)} / ${formatRate(rateOfFiveMinutes(active, now))}`;
    return [
      ...[name, path, ...(activity === undefined ? [] : [rates, formatLast(active?.lastEvent, now)])],
      secrets.map((secret) => describeSecret(secret, now)).join(', '),
      Object.entries(deliveries)
        .map(([outcome, count]) => `${outcome} ${count}`)
        .join(', ') || '-',
    ];
  });
  const measured = activity === undefined ? [] : ['1M / 5M PER S', 'LAST EVENT'];
  const headings = ['ENDPOINT', 'PATH', ...measured, 'SECRETS', 'DELIVERIES'];
  return formatTable(headings, rows, { width, minor: ['PATH'] });
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

/** Those in which something waits or is parked; the others are one line. */
function laneLines(lanes: readonly LaneReport[], all: boolean, width: number | undefined): readonly string[] {
  const shown = all ? lanes : lanes.filter(({ open, records, parked }) => !open || records > 0 || parked > 0);
  const idle = lanes.length - shown.length;
  const rows = shown.map(({ topic, open, records, bytes, oldestSeconds, parked }) => [
    ...[topic, open ? 'open' : 'closed', String(records), formatSize(bytes)],
    ...[records === 0 ? '-' : formatAge(oldestSeconds * 1000), String(parked)],
  ]);
  return [
    ...(shown.length === 0
      ? []
      : [formatTable(['TOPIC', 'LANE', 'SPOOLED', 'SIZE', 'OLDEST', 'PARKED'], rows, { width, minor: ['SIZE'] })]),
    ...(idle === 0 ? [] : wrap(`${idle} of ${lanes.length} lanes are open, and nothing waits in them`, width)),
  ];
}

function sum(lanes: readonly LaneReport[], name: 'records' | 'bytes' | 'parked'): number {
  return lanes.reduce((total, lane) => total + lane[name], 0);
}

function countEvents(count: number): string {
  return count === 1 ? '1 event' : `${count} events`;
}

function countRecords(count: number): string {
  return count === 1 ? '1 record' : `${count} records`;
}

function formatSize(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
