import { printable } from '../printable.js';
import type { EndpointStatus, LaneReport, Status } from '../telemetry/status.js';
import { formatTable } from './table.js';
import { formatAge } from './time.js';

/** A status for people. `now`: milliseconds since the epoch. */
export function describeStatus(status: Status, now: number): string {
  const { version, pid, startedAt, ready, workers, config, connected, inFlight, lanes, spoolFull } = status;
  const { spoolUnusable, spoolDamagedFiles } = status;
  const up = formatAge(now - Date.parse(startedAt));
  const parked = sum(lanes, 'parked');
  const sections = [
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
    '',
    endpointTable(status.endpoints, now),
  ];
  if (lanes.length > 0) sections.push('', laneTable(lanes));
  return sections.join('\n');
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

function laneTable(lanes: readonly LaneReport[]): string {
  const rows = lanes.map(({ topic, open, records, bytes, oldestSeconds, parked }) => [
    ...[topic, open ? 'open' : 'closed', String(records), formatSize(bytes)],
    ...[records === 0 ? '-' : formatAge(oldestSeconds * 1000), String(parked)],
  ]);
  return formatTable(['TOPIC', 'LANE', 'SPOOLED', 'SIZE', 'OLDEST', 'PARKED'], rows);
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
