import type { DeliveryFilter } from './filter.js';
import { mergeTail, placeOf, type Tail } from './merge.js';
import type { WorkerAnswer, WorkerQuestion } from './questions.js';
import type { Cursor } from './seq.js';

/** Asks every process that takes webhooks; who does not answer in time is left out. `question`: for the worker of a slot. */
export type Ask = (question: (worker: number) => WorkerQuestion) => Promise<readonly WorkerAnswer[]>;

/** The answers to one kind of question. */
export function pick<Kind extends WorkerQuestion['ask']>(
  answers: readonly WorkerAnswer[],
  kind: Kind,
): Extract<WorkerAnswer, { ask: Kind }>[] {
  const isIt = (answer: WorkerAnswer): answer is Extract<WorkerAnswer, { ask: Kind }> => answer.ask === kind;
  return answers.filter(isIt);
}

/** What has come since. A worker that did not answer keeps its place: what it had goes out later. */
export async function askTail(ask: Ask, filter: DeliveryFilter, cursor: Cursor, limit: number): Promise<Tail> {
  const parts = pick(await ask((worker) => ({ ask: 'tail', filter, limit, after: placeOf(cursor, worker) })), 'tail');
  const tail = mergeTail(parts, limit);
  const silent = cursor.filter(({ worker }) => !tail.cursor.some((seq) => seq.worker === worker));
  return { ...tail, cursor: [...tail.cursor, ...silent] };
}
