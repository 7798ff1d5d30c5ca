import { percentile } from '../../src/testing/simulator/tally.js';
import { tellFates } from './fate.js';
import { type Found, judge, type Verdict } from './judge.js';
import { countResults, findAcknowledgement, type SentEvent } from './ledger.js';
import type { MemorySummary } from './memory.js';
import { measureOutages, measureReturns } from './outages.js';
import { readRecords } from './read.js';
import type { Scene } from './scene.js';
import { countReasons } from './table.js';
import { within } from './wait.js';
import { findWiped } from './wipes.js';

/** How an attempt ends that had no answer while the sender was patient. */
const noAnswer = 'UND_ERR_HEADERS_TIMEOUT';

/** The last line of a run. */
export interface Summary {
  readonly seed: number;
  readonly minutes: number;
  readonly workers: number;
  /** How many there were of each kind. */
  readonly faults: { readonly [kind: string]: number };
  readonly acknowledged: number;
  readonly missing: number;
  readonly duplicated: number;
  /** Reason → how many events have more than one record for it. */
  readonly duplicates: { readonly [reason: string]: number };
  readonly unexplained: number;
  readonly outOfOrder: number;
  /** Acknowledged, and gone with a topic that was deleted afterwards. */
  readonly deleted: number;
  /** Acknowledged, and gone with the spool's folder before the gateway can have noticed: see `findWiped`. */
  readonly wiped: number;
  /** Requests that got no 200; behind the proxy there must be none. */
  readonly failed: number;
  /** Steps that went wrong, and processes that ended though nobody had asked for it. */
  readonly troubles: number;
  /** Milliseconds from Kafka taking writes again to the first spooled record in it, at the most. */
  readonly noticedMs: number | null;
  /** Milliseconds from due to acknowledged in outages without a crash, after the first time-out. */
  readonly outageP99Ms: number | null;
  /** Milliseconds, of all answers. */
  readonly answerP99Ms: number | null;
  readonly memoryMiB: MemorySummary;
  /** MiB that the harness itself had at the most. */
  readonly harnessMiB: number;
}

/** Reads all topics and says what became of the promises. */
export async function report(
  scene: Scene,
  { seed, minutes }: Pick<Summary, 'seed' | 'minutes'>,
): Promise<{ readonly summary: Summary; readonly kept: boolean }> {
  const { sender, say, workers, troubles, sites, proxy } = scene;
  const { events } = sender;
  const records = await within(900, 'all records to be read', readRecords(scene.cluster));
  const verdict = judgeScene(scene, records);
  const wiped = findWiped(verdict.missing, events, scene);
  const missing = verdict.missing.filter((id) => !wiped.has(id));
  const times = listTimes(events).sort((one, other) => one - other);
  say(`${events.length} events, ${records.length} records; answers: ${describeCounts(events)}`);
  say(`time to the answer of an attempt, ms: ${describeTimes(times)}`);
  sayFaults({ ...verdict, missing }, say);
  const unexplained = [...verdict.duplicates].flatMap(([id, reason]) => (reason === undefined ? [id] : []));
  for (const line of tellFates([...missing, ...unexplained], events, records)) say(line);
  const unanswered = events.filter(({ attempts }) => attempts.some(({ result }) => result === noAnswer));
  for (const line of tellFates(
    unanswered.map(({ id }) => id),
    events,
    records,
  ))
    say(`LATE: ${line}`);
  const surprises = sites.flatMap(({ gateway }) => gateway.surprises);
  for (const surprise of surprises) say(`UNASKED: the gateway ended: ${surprise}`);
  for (const fault of new Set(proxy?.faults)) say(`UNANSWERED: ${fault}`);
  const { acknowledged, deleted, duplicates, outOfOrder, strange } = verdict;
  const summary = {
    seed,
    minutes,
    workers,
    faults: Object.fromEntries(scene.inflicted),
    acknowledged,
    missing: missing.length,
    deleted: deleted.length,
    wiped: wiped.size,
    outOfOrder: outOfOrder.length,
    duplicated: duplicates.size,
    duplicates: countReasons(duplicates),
    unexplained: unexplained.length,
    failed: times.length - acknowledged,
    troubles: troubles.length + surprises.length,
    noticedMs: measureReturns(scene, records),
    outageP99Ms: measureOutages(scene),
    answerP99Ms: percentile(times, 99) ?? null,
    memoryMiB: scene.memory.summarize(),
    harnessMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  const broken = missing.length + unexplained.length + outOfOrder.length + strange.length + summary.troubles;
  return { summary, kept: broken + (proxy === undefined ? 0 : summary.failed) === 0 };
}

/** An event is sent when the one before it of its key has its 200: one gateway keeps that order, whichever workers took them. */
function judgeScene({ sender, proxy, ...scene }: Scene, records: readonly Found[]): Verdict {
  return judge(sender.events, records, scene, proxy === undefined ? () => '' : laneOf);
}

/** Of two gateways each has a spool, and no order is promised between them: what both gave to Kafka directly is in order. */
function laneOf(event: SentEvent): string {
  return findAcknowledgement(event)?.result === 'spooled' ? event.id : '';
}

function sayFaults({ missing, duplicates, outOfOrder, strange }: Verdict, say: (text: string) => void): void {
  for (const id of missing) say(`MISSING: ${id}`);
  for (const text of outOfOrder) say(`OUT OF ORDER: ${text}`);
  for (const text of strange) say(`NOT WHAT WAS SENT: ${text}`);
  const reasons = new Map<string, string[]>();
  for (const [id, reason = 'UNEXPLAINED'] of duplicates) reasons.set(reason, [...(reasons.get(reason) ?? []), id]);
  for (const [reason, ids] of reasons) say(`${ids.length} with more than one record: ${reason}: ${ids.join(' ')}`);
}

export function describeCounts(events: readonly SentEvent[]): string {
  return [...countResults(events)].map(([result, count]) => `${result} ${count}`).join(', ');
}

function listTimes(events: readonly SentEvent[]): number[] {
  return events.flatMap(({ attempts }) => attempts.map(({ startedAt, endedAt }) => endedAt - startedAt));
}

export function describeTimes(times: readonly number[]): string {
  const sorted = [...times].sort((one, other) => one - other);
  return [50, 90, 99, 99.9, 100].map((percent) => `p${percent} ${percentile(sorted, percent) ?? '-'}`).join(', ');
}
