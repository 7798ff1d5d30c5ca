import { deliveryOutcomes } from '../core/outcome.js';
import type { EventLookup } from '../storage/dedupe/lookup.js';
import type { DeliveryRow } from './contract.js';
import { createSieve, type DeliveryFilter, type Sieve } from './filter.js';
import type { ActivityPart, Recorder } from './recorder.js';
import type { Ring } from './ring.js';
import { readRow, seqOf } from './rows.js';
import { compareSeq, type Seq } from './seq.js';

/** Rows of which the text is read for one tail: a filter by type needs it of each. */
const mostExamined = 100;

/** What is asked of every process that takes webhooks. Plain values: they go through a pipe. */
export type WorkerQuestion =
  /** The newest rows that fit, and when all of those came that do. `before`: exclusive. */
  | { readonly ask: 'rows'; readonly filter: DeliveryFilter; readonly limit: number; readonly before?: Seq | undefined }
  /** Rows after that one; without it, none yet. */
  | { readonly ask: 'tail'; readonly filter: DeliveryFilter; readonly limit: number; readonly after?: Seq | undefined }
  | { readonly ask: 'row'; readonly id: string }
  | { readonly ask: 'activity' }
  /** Where an event lies that was published. */
  | { readonly ask: 'event'; readonly id: string; readonly type?: string | undefined };

export interface RowsPart {
  /** Newest first. */
  readonly rows: readonly (DeliveryRow & { readonly place: Seq })[];
  /** Of every row that fits: when it came, and its outcome's place in `deliveryOutcomes`. */
  readonly times: Float64Array;
  readonly outcomes: Uint8Array;
  readonly kept: number;
  /** When the oldest row that is kept came; absent: there is none. */
  readonly since?: number | undefined;
  /** The last row of all. */
  readonly latest: Seq;
}

export interface TailPart {
  /** Oldest first; each row as JSON, without its `seq`. */
  readonly rows: readonly { readonly place: Seq; readonly json: string }[];
  /** Rows that are left out because they are too many; where a filter needs their text, some of them may not fit. */
  readonly dropped: number;
  readonly latest: Seq;
}

export type WorkerAnswer =
  | ({ readonly ask: 'rows' } & RowsPart)
  | ({ readonly ask: 'tail' } & TailPart)
  | { readonly ask: 'row'; readonly row?: DeliveryRow | undefined }
  | ({ readonly ask: 'activity' } & ActivityPart)
  | ({ readonly ask: 'event' } & EventLookup);

/** Who knows in a process: of deliveries what was noted, of events the memory of what was published. */
export interface Witness {
  readonly recorder: Recorder;
  readonly lookUp: (id: string, type: string | undefined) => EventLookup;
}

/** What a process knows by itself. */
export function testify({ recorder, lookUp }: Witness, question: WorkerQuestion): WorkerAnswer {
  if (question.ask === 'event') return { ask: 'event', ...lookUp(question.id, question.type) };
  return answerQuestion(recorder, question);
}

/** What it knows of deliveries. */
export function answerQuestion(recorder: Recorder, question: Exclude<WorkerQuestion, { ask: 'event' }>): WorkerAnswer {
  if (question.ask === 'rows') return { ask: 'rows', ...listRows(recorder, question) };
  if (question.ask === 'tail') return { ask: 'tail', ...tailRows(recorder, question) };
  if (question.ask === 'row') return { ask: 'row', row: findRow(recorder, question.id) };
  return { ask: 'activity', ...recorder.activity() };
}

function listRows(recorder: Recorder, { filter, limit, before }: Extract<WorkerQuestion, { ask: 'rows' }>): RowsPart {
  const sieve = createSieve(filter);
  const rows: RowsPart['rows'][number][] = [];
  const times: number[] = [];
  const outcomes: number[] = [];
  for (const { ring, position } of newestFirst(recorder)) {
    if (!passes(recorder, ring, position, sieve)) continue;
    times.push(ring.number(position, 'at'));
    outcomes.push(ring.number(position, 'outcome'));
    const place = seqOf(ring, position, recorder.worker);
    if (rows.length < limit && (before === undefined || compareSeq(place, before) < 0))
      rows.push({ ...readRow(recorder, ring, position), place });
  }
  const oldest = [recorder.proven, recorder.others]
    .filter(({ size }) => size > 0)
    .map((ring) => ring.number(ring.first, 'at'));
  return {
    rows,
    times: Float64Array.from(times),
    outcomes: Uint8Array.from(outcomes),
    kept: recorder.proven.size + recorder.others.size,
    since: oldest.length === 0 ? undefined : Math.min(...oldest),
    latest: recorder.latest,
  };
}

function tailRows(recorder: Recorder, { filter, limit, after }: Extract<WorkerQuestion, { ask: 'tail' }>): TailPart {
  const rows: TailPart['rows'][number][] = [];
  const { latest } = recorder;
  if (after === undefined) return { rows, dropped: 0, latest };
  const sieve = createSieve(filter);
  let dropped = 0;
  let examined = 0;
  for (const { ring, position } of newestFirst(recorder)) {
    const place = seqOf(ring, position, recorder.worker);
    if (isKnown(place, after)) break;
    if (!mayFit(recorder, ring, position, sieve)) continue;
    if (rows.length >= limit || examined >= mostExamined) {
      dropped++;
      continue;
    }
    if (sieve.row !== undefined) examined++;
    const row = readRow(recorder, ring, position);
    if (sieve.row === undefined || sieve.row(row)) rows.push({ place, json: JSON.stringify(row) });
  }
  return { rows: rows.reverse(), dropped, latest };
}

/** Of the same worker, or of the one whose place it has taken. */
function isKnown(place: Seq, after: Seq): boolean {
  return place.time < after.time || (place.time === after.time && place.number <= after.number);
}

function findRow(recorder: Recorder, id: string): DeliveryRow | undefined {
  for (const { ring, position } of newestFirst(recorder)) {
    if (!id.startsWith('row-') && !ring.has(position, Buffer.from(id))) continue;
    const row = readRow(recorder, ring, position);
    if (row.id === id) return row;
  }
  return undefined;
}

function passes(recorder: Recorder, ring: Ring, position: number, sieve: Sieve): boolean {
  if (!mayFit(recorder, ring, position, sieve)) return false;
  return sieve.row === undefined || sieve.row(readRow(recorder, ring, position));
}

/** What can be told without making words of it. */
function mayFit(recorder: Recorder, ring: Ring, position: number, { facts, bytes }: Sieve): boolean {
  const { name = '', path = '' } = recorder.endpoints[ring.number(position, 'endpoint')] ?? {};
  const known = {
    at: ring.number(position, 'at'),
    outcome: deliveryOutcomes[ring.number(position, 'outcome')] ?? 'error',
    reason: recorder.reasons.textOf(ring.number(position, 'reason')),
    endpoint: name,
    path,
  };
  return facts(known) && (bytes === undefined || ring.has(position, bytes));
}

/** Both rings as one. */
function* newestFirst({ proven, others }: Recorder): Generator<{ readonly ring: Ring; readonly position: number }> {
  let [a, b] = [proven.end - 1, others.end - 1];
  while (a >= proven.first || b >= others.first) {
    const takeProven =
      b < others.first || (a >= proven.first && proven.number(a, 'number') > others.number(b, 'number'));
    yield takeProven ? { ring: proven, position: a-- } : { ring: others, position: b-- };
  }
}
