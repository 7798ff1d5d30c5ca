import { Failure } from '../exit.js';
import type { Activity, EndpointActivity, UnknownPath } from '../inspector/contract.js';
import { fieldsOf } from '../util/values.js';
import { askAdmin } from './admin-client.js';
import { formatAge } from './time.js';

type Flags = Parameters<typeof askAdmin>[0];

/** What the gateway did in the last hour; undefined: it is of a version that does not tell. Throws a Failure if none answers. */
export async function askActivity(flags: Flags): Promise<Activity | undefined> {
  const answer = await askIfThere(flags, '/activity');
  return isActivity(answer) ? answer : undefined;
}

async function askIfThere(flags: Flags, path: string): Promise<unknown> {
  return askAdmin(flags, 'GET', path).catch((error: unknown) => {
    if (error instanceof Failure && error.message.includes(`${path} answers `)) return undefined;
    throw error;
  });
}

function isActivity(value: unknown): value is Activity {
  const { endpoints, unknownPaths } = fieldsOf(value);
  return Array.isArray(endpoints) && endpoints.every(isEndpoint) && Array.isArray(unknownPaths);
}

function isEndpoint(value: unknown): value is EndpointActivity {
  const { endpoint, minutes, rate1m } = fieldsOf(value);
  return typeof endpoint === 'string' && Array.isArray(minutes) && typeof rate1m === 'number';
}

/** Deliveries a second in the minute that is running and the five before it. `now`: milliseconds since the epoch. */
export function rateOfFiveMinutes({ minutes }: Pick<EndpointActivity, 'minutes'>, now: number): number {
  return sumOutcomes(minutes.slice(-6)) / (300 + (now % 60_000) / 1000);
}

/** Outcome → deliveries, in the minute that is running and the five before it. */
export function recentOutcomes({ minutes }: Pick<EndpointActivity, 'minutes'>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const minute of minutes.slice(-6)) {
    for (const [outcome, count] of Object.entries(minute)) counts.set(outcome, (counts.get(outcome) ?? 0) + count);
  }
  return counts;
}

function sumOutcomes(minutes: EndpointActivity['minutes']): number {
  return minutes.flatMap((minute) => Object.values(minute)).reduce((sum, count) => sum + count, 0);
}

/** `0`, `0.02`, `3.4`, `1,234`. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0';
  if (perSecond < 0.1) return perSecond.toFixed(perSecond < 0.01 ? 3 : 2);
  return perSecond < 100 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en');
}

/** `3 s ago`; `-` for what has not been. */
export function formatLast(time: string | undefined | null, now: number): string {
  return time === undefined || time === null ? '-' : `${formatAge(now - Date.parse(time))} ago`;
}

/** A line for each unknown path that is like one of ours, and one for all others together. */
export function describeUnknownPaths(
  { unknownPaths, unknownRequests }: Pick<Activity, 'unknownPaths' | 'unknownRequests'>,
  now: number,
): readonly string[] {
  const near = unknownPaths.filter(({ didYouMean }) => didYouMean !== undefined);
  const [other] = unknownPaths.filter(({ didYouMean }) => didYouMean === undefined);
  const others = unknownRequests - near.reduce((sum, { count }) => sum + count, 0);
  const example = other === undefined ? '' : `, ${other.path} for one, the last ${formatLast(other.last, now)}`;
  return [
    ...near.map((path) => describeUnknownPath(path, now)),
    ...(others > 0
      ? [`${countRequests(others)} to ${near.length > 0 ? 'other ' : ''}paths that no endpoint has${example}`]
      : []),
  ];
}

function describeUnknownPath({ path, count, last, didYouMean }: UnknownPath, now: number): string {
  return `UNKNOWN PATH: ${countRequests(count)} to ${path}, the last ${formatLast(last, now)}: did you mean ${didYouMean}?`;
}

function countRequests(count: number): string {
  return count === 1 ? '1 request' : `${count.toLocaleString('en')} requests`;
}
