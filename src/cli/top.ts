import type { Activity } from '../inspector/contract.js';
import type { Status } from '../server/telemetry/status.js';
import { printable } from '../util/printable.js';
import { describeUnknownPaths, formatLast, formatRate, rateOfFiveMinutes, recentOutcomes } from './activity.js';
import { formatTable } from './table.js';
import { formatAge } from './time.js';

/** What the gateway said at a moment. */
export interface TopSnapshot {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly status: Status;
  readonly activity?: Activity | undefined;
  /** Endpoint → the topics of its routes; absent: the configuration can't be read here. */
  readonly topics?: ReadonlyMap<string, ReadonlySet<string>> | undefined;
}

/** Endpoint → deliveries a second between two moments. */
export function ratesBetween(
  before: TopSnapshot | undefined,
  now: TopSnapshot,
): ReadonlyMap<string, number> | undefined {
  // A gateway that was started again counts from 0.
  if (before === undefined || before.status.startedAt !== now.status.startedAt) return undefined;
  const seconds = (now.at - before.at) / 1000;
  if (seconds <= 0) return undefined;
  const former = new Map(before.status.endpoints.map((endpoint) => [endpoint.name, countOf(endpoint)]));
  return new Map(
    now.status.endpoints.map((endpoint) => [
      endpoint.name,
      Math.max(0, countOf(endpoint) - (former.get(endpoint.name) ?? 0)) / seconds,
    ]),
  );
}

function countOf({ deliveries }: Status['endpoints'][number]): number {
  return Object.values(deliveries).reduce((sum, count) => sum + count, 0);
}

/** The view for people: what all have together, then a row for each endpoint, the busiest first. */
export function describeTop(now: TopSnapshot, before: TopSnapshot | undefined, width: number | undefined): string {
  const { status, activity } = now;
  const rates = ratesBetween(before, now);
  const rows = status.endpoints
    .map(({ name, deliveries }) => {
      const active = activity?.endpoints.find(({ endpoint }) => endpoint === name);
      const outcomes = active === undefined ? new Map(Object.entries(deliveries)) : recentOutcomes(active);
      return { name, active, rate: rates?.get(name), outcomes };
    })
    .sort((a, b) => (b.active?.rate1m ?? 0) - (a.active?.rate1m ?? 0) || (a.name < b.name ? -1 : 1))
    .map(({ name, active, rate, outcomes }) => [
      ...[name, rate === undefined ? '-' : formatRate(rate)],
      ...(active === undefined
        ? ['-', '-']
        : [formatRate(active.rate1m), formatRate(rateOfFiveMinutes(active, now.at))]),
      ...[formatMs(active?.p50), formatMs(active?.p99), formatLast(active?.lastEvent, now.at)],
      spooledOf(name, now),
      [...outcomes].map(([outcome, count]) => `${outcome} ${count.toLocaleString('en')}`).join(', ') || '-',
    ]);
  const headings = ['ENDPOINT', 'NOW/S', '1M/S', '5M/S', 'P50', 'P99', 'LAST EVENT', 'SPOOLED', 'LAST MINUTES'];
  const table = formatTable(headings, rows, { width, minor: ['5M/S', 'P50', 'SPOOLED', 'LAST EVENT'] });
  return [
    ...head(now, rates),
    ...(activity === undefined ? [] : describeUnknownPaths(activity, now.at)),
    '',
    table,
  ].join('\n');
}

function head({ at, status }: TopSnapshot, rates: ReadonlyMap<string, number> | undefined): readonly string[] {
  const { version, startedAt, ready, workers, config, connected, inFlight, queue, lanes } = status;
  const sum = (name: 'records' | 'parked') => lanes.reduce((total, lane) => total + lane[name], 0);
  const oldest = Math.max(0, ...lanes.map(({ oldestSeconds }) => oldestSeconds));
  const all = [...(rates?.values() ?? [])].reduce((total, rate) => total + rate, 0);
  const lag = sum('records') + (queue?.records ?? 0);
  const waits = lag === 0 ? 'none' : `${lag.toLocaleString('en')} records, the oldest for ${formatAge(oldest * 1000)}`;
  return [
    `${ready ? 'ready' : 'NOT READY'}  version ${version}  up ${formatAge(at - Date.parse(startedAt))}  ${workers.ready} of ${workers.of} workers  configuration ${config.digest}  ${new Date(at).toISOString().slice(11, 19)}Z`,
    `${rates === undefined ? '' : `${formatRate(all)}/s now  `}${inFlight} in flight  ${connected ? 'connected' : 'NO CONNECTION TO KAFKA'}  lag ${waits}  parked ${sum('parked')}`,
    ...(config.lastError === undefined ? [] : [`LAST RELOAD REFUSED: ${printable(config.lastError)}`]),
    ...(status.spoolFull ? ['THE SPOOL IS FULL: webhooks are answered with 503'] : []),
  ];
}

/** Records of its topics that wait; a topic of several endpoints counts at each. */
function spooledOf(name: string, { topics, status }: TopSnapshot): string {
  const own = topics?.get(name);
  if (own === undefined) return '-';
  const lanes = status.lanes.filter(({ topic }) => own.has(topic));
  return lanes.reduce((sum, { records }) => sum + records, 0).toLocaleString('en');
}

function formatMs(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '-';
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
}
