import type { Activity } from '../../inspector/contract.js';
import type { Status } from '../../server/telemetry/status.js';
import { type Finding, fail, ok, unknown, warning } from './finding.js';

/** What of a gateway's `/status` is looked at. */
const troubles: readonly (readonly [string, unknown, string, string])[] = [
  [
    'dedupeUsable',
    false,
    'it cannot read or write the dedupe window: repetitions may be published again',
    'see its log; make room in dedupe.dir or let its user write there',
  ],
  [
    'dedupeStoreUsable',
    false,
    'it cannot use Redis: other replicas may publish the same events',
    'see its log; the findings about redis say more',
  ],
  [
    'spoolUnusable',
    true,
    'it cannot use the spool: without Kafka, webhooks are answered with 503',
    'see its log; make room in spool.dir or let its user write there',
  ],
  ['spoolFull', true, 'its spool is full: webhooks are answered with 503', 'see gateway status: is Kafka there?'],
];

/**
 * What the gateway that runs with a configuration says of itself; nothing if none answers. `ask`: gets what its `/status`
 * has, and rejects where nobody answers.
 */
export async function examineRunning(where: string, ask: () => Promise<unknown>): Promise<readonly Finding[]> {
  const status = await ask().catch(() => undefined);
  if (typeof status !== 'object' || status === null || !('ready' in status)) return [];
  const said = new Map<string, unknown>(Object.entries(status));
  const found = troubles
    .filter(([name, bad]) => said.get(name) === bad)
    .map(([, , message, hint]) => fail('running', `the gateway at ${where}: ${message}`, hint));
  if (found.length > 0) return found;
  const { ready } = status;
  if (ready === true) return [ok('running', `the gateway at ${where} is ready`)];
  return [warning('running', `the gateway at ${where} is not ready`, 'its /ready says why')];
}

/** Milliseconds without an event after which an endpoint is worth a look. */
const quiet = 24 * 3_600_000;

/**
 * What goes through the running gateway: what waits for Kafka or was refused by it, when each endpoint had its last event, requests
 * to paths that are nearly ours. `status`, `activity`: what its `/status` and `/activity` have; another version has less.
 */
export function examineTraffic(status: unknown, activity: unknown, now: number): readonly Finding[] {
  return [
    ...(isStatus(status) ? examineLanes(status) : []),
    ...(isActivity(activity)
      ? [...activity.endpoints.map((each) => examineEndpoint(each, activity.startedAt, now)), ...examinePaths(activity)]
      : []),
  ];
}

function examineLanes({ lanes }: Pick<Status, 'lanes'>): readonly Finding[] {
  const sum = (name: 'records' | 'parked') => lanes.reduce((total, lane) => total + lane[name], 0);
  const oldest = Math.max(0, ...lanes.map(({ oldestSeconds }) => oldestSeconds));
  const found: Finding[] = [];
  if (sum('records') > 0) {
    const text = `${sum('records')} records wait on disk for Kafka, the oldest for ${oldest} s`;
    found.push(warning('running.spool', text, 'they are sent when Kafka takes them: gateway spool status says which'));
  }
  if (sum('parked') > 0) {
    const text = `${sum('parked')} records are parked: Kafka has refused them for good`;
    found.push(warning('running.parked', text, 'gateway spool list says why; then gateway spool retry'));
  }
  if (lanes.length > 0 && found.length === 0) found.push(ok('running.spool', 'nothing waits, nothing is parked'));
  return found;
}

function examineEndpoint(
  { endpoint, lastEvent }: Pick<Activity['endpoints'][number], 'endpoint' | 'lastEvent'>,
  startedAt: string,
  now: number,
): Finding {
  const id = `running.${endpoint}`;
  const since = now - Date.parse(lastEvent ?? startedAt);
  const text =
    lastEvent === undefined
      ? `no event since the start, ${hours(since)} ago`
      : `the last event came ${hours(since)} ago`;
  if (lastEvent !== undefined && since < quiet) return ok(id, text);
  const hint =
    "is it quiet by nature? Else look at the provider's list of deliveries: it may have switched the endpoint off";
  return unknown(id, text, hint);
}

function examinePaths({ unknownPaths }: Pick<Activity, 'unknownPaths'>): readonly Finding[] {
  return unknownPaths
    .filter(({ didYouMean }) => didYouMean !== undefined)
    .map(({ path, count, didYouMean }) =>
      warning(
        'running.paths',
        `${count} requests to ${path}`,
        `if a provider sends them, correct its URL to ${didYouMean}`,
      ),
    );
}

function hours(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

function isStatus(value: unknown): value is Pick<Status, 'lanes'> {
  return typeof value === 'object' && value !== null && 'lanes' in value && Array.isArray(value.lanes);
}

function isActivity(value: unknown): value is Pick<Activity, 'endpoints' | 'unknownPaths' | 'startedAt'> {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'endpoints' in value &&
    Array.isArray(value.endpoints) &&
    'unknownPaths' in value &&
    Array.isArray(value.unknownPaths)
  );
}
