import { percentile } from '../../src/simulate/percentile.js';
import { judge, type Verdict } from './judge.js';
import { countResults, findAcknowledgement, type SentEvent } from './ledger.js';
import type { MemorySummary } from './memory.js';
import { measureOutages, measureReturns } from './outages.js';
import { readRecords } from './read.js';
import type { Scene } from './scene.js';
import { within } from './wait.js';

/** The last line of a run. */
export interface Summary {
  readonly acknowledged: number;
  readonly missing: number;
  readonly duplicated: number;
  readonly unexplained: number;
  readonly outOfOrder: number;
  /** Acknowledged, and gone with a topic that was deleted afterwards. */
  readonly deleted: number;
  /** Steps that went wrong, and processes that ended though nobody had asked for it. */
  readonly troubles: number;
  /** Milliseconds from Kafka taking writes again to the first spooled record in it, at the most. */
  readonly noticedMs: number | null;
  /** Milliseconds from due to acknowledged in outages without a crash, after the first time-out. */
  readonly outageP99Ms: number | null;
  readonly memoryMiB: MemorySummary;
  readonly seed: number;
}

/** Reads all topics and says what became of the promises. */
export async function report(
  scene: Scene,
  seed: number,
): Promise<{ readonly summary: Summary; readonly kept: boolean }> {
  const { sender, say, gateway, workers, troubles } = scene;
  const records = await within(900, 'all records to be read', readRecords(scene.cluster));
  const verdict = judge(sender.events, records, scene, workers > 1 ? connectionOf : () => '');
  say(`${sender.events.length} events, ${records.length} records; answers: ${describeCounts(sender.events)}`);
  say(`time to the answer of an attempt, ms: ${describeTimes(listTimes(sender.events))}`);
  if (workers > 1) {
    const { outOfOrder } = judge(sender.events, records, scene, () => '');
    say(`out of order where a key went from one connection to another, which nobody promised: ${outOfOrder.length}`);
  }
  sayFaults(verdict, say);
  for (const surprise of gateway.surprises) say(`UNASKED: the gateway ended: ${surprise}`);
  const unexplained = [...verdict.duplicates.values()].filter((reason) => reason === undefined).length;
  const { acknowledged, missing, deleted, duplicates, outOfOrder, strange } = verdict;
  const summary = {
    acknowledged,
    missing: missing.length,
    duplicated: duplicates.size,
    unexplained,
    outOfOrder: outOfOrder.length,
    deleted: deleted.length,
    troubles: troubles.length + gateway.surprises.length,
    noticedMs: measureReturns(scene, records),
    outageP99Ms: measureOutages(scene),
    memoryMiB: scene.memory.summarize(),
    seed,
  };
  const broken = missing.length + unexplained + outOfOrder.length + strange.length + summary.troubles;
  return { summary, kept: broken === 0 };
}

/** Several workers keep order within a connection; one process keeps it altogether. */
function connectionOf(event: SentEvent): string {
  return String(findAcknowledgement(event)?.connection);
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
