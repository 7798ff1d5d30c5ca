import type { GatewaySettings } from '../config/settings.js';
import { deliveryOutcomes } from '../core/outcome.js';
import type { Activity, DeliveryList, EndpointActivity } from './contract.js';
import { mergeCounters, minutesOf, percentileOf, rateOf } from './counters.js';
import type { RowsPart, TailPart } from './questions.js';
import type { ActivityPart, EndpointPart } from './recorder.js';
import { type Cursor, compareSeq, type Seq, writeCursor, writeSeq } from './seq.js';
import { findSilence } from './silence.js';
import { mergeUnknown } from './unknown-paths.js';

const mostSteps = 60;

/** The list of all workers. */
export function mergeRows(parts: readonly RowsPart[], limit: number): DeliveryList {
  const rows = parts.flatMap((part) => part.rows).sort((a, b) => compareSeq(b.place, a.place));
  const since = parts.flatMap((part) => part.since ?? []);
  const { step, histogram } = makeHistogram(parts);
  return {
    rows: rows.slice(0, limit).map(({ place, ...row }) => ({ ...row, seq: writeSeq(place) })),
    histogram,
    step,
    total: parts.reduce((sum, { times }) => sum + times.length, 0),
    kept: parts.reduce((sum, { kept }) => sum + kept, 0),
    ...(since.length > 0 && { since: toTime(Math.min(...since)) }),
    cursor: writeCursor(parts.map(({ latest }) => latest)),
  };
}

/** Lengths of a step, in seconds. */
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];

function makeHistogram(parts: readonly RowsPart[]): Pick<DeliveryList, 'step' | 'histogram'> {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const { times } of parts) {
    for (const at of times) {
      if (at < first) first = at;
      if (at > last) last = at;
    }
  }
  if (first > last) return { step: 1_000, histogram: [] };
  // One step may be cut at either end.
  const fits = (step: number) => Math.floor(last / step) - Math.floor(first / step) < mostSteps;
  const seconds = steps.find((each) => fits(each * 1_000)) ?? Math.ceil((last - first) / 1_000 / (mostSteps - 1));
  const step = seconds * 1_000;
  const begin = Math.floor(first / step);
  const counts = Array.from({ length: Math.floor(last / step) - begin + 1 }, () => new Map<string, number>());
  for (const { times, outcomes } of parts) {
    for (const [index, at] of times.entries()) {
      const bin = counts[Math.floor(at / step) - begin];
      const outcome = deliveryOutcomes[outcomes[index] ?? 0] ?? 'error';
      bin?.set(outcome, (bin.get(outcome) ?? 0) + 1);
    }
  }
  return {
    step,
    histogram: counts.map((bin, index) => ({ at: toTime((begin + index) * step), counts: Object.fromEntries(bin) })),
  };
}

/** What a reader gets next, oldest first, as JSON texts; and how far he has come. */
export interface Tail {
  readonly lines: readonly string[];
  readonly dropped: number;
  readonly cursor: Cursor;
}

export function mergeTail(parts: readonly TailPart[], limit: number): Tail {
  const rows = parts.flatMap((part) => part.rows).sort((a, b) => compareSeq(a.place, b.place));
  const shown = rows.slice(-limit);
  const dropped = parts.reduce((sum, part) => sum + part.dropped, 0) + rows.length - shown.length;
  return {
    // One text into the other: to parse and write each again would be half of the cost.
    lines: shown.map(({ place, json }) => `${json.slice(0, -1)},"seq":"${writeSeq(place)}"}`),
    dropped,
    cursor: parts.map(({ latest }) => latest),
  };
}

/** Where a reader is with this worker; undefined: he has heard nothing of anybody. */
export function placeOf(cursor: Cursor, worker: number): Seq | undefined {
  const own = cursor.find((seq) => seq.worker === worker);
  if (own !== undefined || cursor.length === 0) return own;
  // A worker that he does not know: everything that is newer than all he knows.
  return { time: Math.max(...cursor.map(({ time }) => time)), worker, number: 0 };
}

/** What all workers have counted, of the endpoints that are there now. */
export function makeActivity(
  { endpoints }: Pick<GatewaySettings, 'endpoints'>,
  parts: readonly ActivityPart[],
  { now, startedAt }: { readonly now: number; readonly startedAt: string },
): Activity {
  return {
    startedAt,
    at: toTime(now),
    endpoints: endpoints.map((endpoint) => describeEndpoint(endpoint, parts, now)),
    ...mergeUnknown(
      parts.map(({ unknown }) => unknown),
      endpoints.map(({ path }) => path),
    ),
  };
}

function describeEndpoint(
  { name, path, provider, secrets }: GatewaySettings['endpoints'][number],
  parts: readonly ActivityPart[],
  now: number,
): EndpointActivity {
  const own = parts.flatMap((part) => part.endpoints.filter((each) => each.name === name));
  const counters = mergeCounters(
    own.map((each) => each.counters),
    now,
  );
  const [p50, p99] = [percentileOf(counters, 0.5), percentileOf(counters, 0.99)];
  const lastEvent = Math.max(0, ...own.map((each) => each.lastEvent));
  const minutes = minutesOf(counters);
  const last = lastEvent > 0 ? toTime(lastEvent) : undefined;
  const silence = findSilence(minutes, last, now);
  return {
    endpoint: name,
    path,
    provider: provider.name,
    minutes,
    rate1m: rateOf(counters, now),
    ...(p50 !== undefined && { p50 }),
    ...(p99 !== undefined && { p99 }),
    ...(last !== undefined && { lastEvent: last }),
    ...(silence !== undefined && { silence }),
    secretLastUsed: secretsUsed(
      secrets.map((secret) => secret.name),
      own,
    ),
  };
}

/** Also those of keys that were fetched: they are known once they have proven something. */
function secretsUsed(
  names: readonly string[],
  parts: readonly EndpointPart[],
): { readonly [name: string]: string | null } {
  const used = new Map<string, number>();
  for (const [name, at] of parts.flatMap((part) => part.secrets)) used.set(name, Math.max(at, used.get(name) ?? 0));
  return Object.fromEntries(
    [...new Set([...names, ...used.keys()])].map((name) => {
      const at = used.get(name);
      return [name, at === undefined ? null : toTime(at)];
    }),
  );
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
