import { isDeepStrictEqual } from 'node:util';
import type { GatewaySettings } from '../../config/settings.js';
import { assumeProven } from '../../core/dry-run.js';
import type { Delivery, Endpoint } from '../../core/model.js';
import { placeholderId } from '../../util/placeholder-id.js';
import { fromRecord } from './from-record.js';
import type { Input } from './input.js';
import { dryRunRequest, verdictOf } from './request.js';

/** What becomes of something recorded: the verdict, and where its events go. */
export interface RecordedOutcome {
  readonly verdict: string;
  readonly records: readonly { readonly topic: string; readonly key: string }[];
}

/** Something recorded that two configurations treat otherwise. */
export interface Shift {
  /** Event id, type, and where it lies, as far as is known. */
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly old: RecordedOutcome;
  readonly new: RecordedOutcome;
}

export type Recorded = Input & { readonly kind: 'record' | 'request' };

export interface JudgeOptions {
  /** Whether signatures can be verified again: the real secrets are there. */
  readonly verify: boolean;
  /** For requests, which don't say when they arrived: milliseconds since the epoch. */
  readonly now: number;
}

/** Holds what was recorded against both configurations; the result is what changes. */
export async function findShifts(
  recorded: readonly Recorded[],
  old: GatewaySettings,
  next: GatewaySettings,
  options: JudgeOptions,
): Promise<readonly Shift[]> {
  const shifts: Shift[] = [];
  for (const each of recorded) {
    const [before, after] = [await judge(each, old, options), await judge(each, next, options)];
    if (!isDeepStrictEqual(before, after)) shifts.push({ ...nameOf(each), old: before, new: after });
  }
  return shifts;
}

async function judge(recorded: Recorded, settings: GatewaySettings, options: JudgeOptions): Promise<RecordedOutcome> {
  const endpoint = endpointOf(recorded, settings);
  if (endpoint === undefined) return { verdict: 'refused: path_unknown', records: [] };
  const { delivery, at, proven } = prepare(recorded, endpoint, options);
  const { limits, deadLetter } = settings;
  const walked = await dryRunRequest(proven, delivery, {
    now: at,
    largest: limits.body,
    deadLetterTopic: deadLetter.topic,
  });
  const records = walked.published.map(({ record: { topic, key } }) => ({ topic, key }));
  return { verdict: verdictOf(walked), records };
}

function prepare(recorded: Recorded, endpoint: Endpoint, { verify, now }: JudgeOptions) {
  // Keys of providers aren't fetched here.
  const verified = verify && !endpoint.provider.scheme.fetchesKeys ? endpoint : assumeProven(endpoint, 'unknown');
  if (recorded.kind === 'request') {
    const { notes: _, ...request } = recorded.request;
    const delivery: Delivery = { id: placeholderId, receivedAt: now, ...request };
    return { delivery, at: now, proven: verified };
  }
  const again = fromRecord(recorded.record, endpoint, now);
  const proven = again.signed && again.endpoint === endpoint ? verified : again.endpoint;
  return { delivery: again.delivery, at: again.now, proven };
}

/** By its name, else by its path, as a request would find it. */
function endpointOf(recorded: Recorded, { endpoints }: GatewaySettings): Endpoint | undefined {
  if (recorded.kind === 'request') return endpointAt(endpoints, recorded.request.target);
  const { ce_endpoint: name, ce_source: path = '' } = recorded.record.headers;
  return endpoints.find((each) => each.name === name) ?? endpointAt(endpoints, path);
}

/** The endpoint that takes requests for this target. */
export function endpointAt(endpoints: readonly Endpoint[], target: string): Endpoint | undefined {
  const path = target.replace(/[?#].*$/s, '').replace(/\/+$/, '') || '/';
  return endpoints.find((each) => each.path === path);
}

function nameOf(recorded: Recorded): Pick<Shift, 'id' | 'type' | 'at'> {
  if (recorded.kind === 'request') return { id: '-', type: '-', at: recorded.request.target };
  const { topic, partition, offset, headers } = recorded.record;
  const at = partition === undefined ? topic : `${topic}/${partition}@${offset ?? '?'}`;
  return { id: headers.ce_id ?? '-', type: headers.ce_type ?? '-', at };
}
