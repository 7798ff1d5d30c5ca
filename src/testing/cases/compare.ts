import { isDeepStrictEqual } from 'node:util';
import { toPointer } from '../../diagnostics/pointer.js';
import { isRecord } from '../../util/values.js';
import type { RequestResult } from '../dry-run/request.js';
import type { CaseExpectation, ExpectedRecord } from './declaration.js';

/** A field that isn't as it was expected to be. */
export interface Difference {
  /** JSON pointer into the expectation. */
  readonly pointer: string;
  readonly expected: unknown;
  /** Absent: nothing is there. */
  readonly actual?: unknown;
}

/** All that can be expected of a dry run, as it is. */
function actualOf({
  status,
  rejected,
  published,
}: RequestResult): Required<Pick<CaseExpectation, 'status' | 'rejection'>> & CaseExpectation {
  const records = published.map(({ event: { item: _, ...event }, record: { topic, key, headers } }) => ({
    event,
    topic,
    key,
    headers,
  }));
  const [only, second] = records;
  return { status, rejection: rejected[0]?.code ?? 'none', ...(second === undefined ? only : {}), records };
}

/** What an expectation is where nobody has written one: the answer, and what is published or why nothing is. */
export function proposalOf(walked: RequestResult): CaseExpectation {
  const { status, rejection, records = [] } = actualOf(walked);
  const proposed = records.map(({ event = {}, topic = '', key = '' }): ExpectedRecord => {
    const { id = '', type = '' } = event;
    return { event: { id, type }, topic, key };
  });
  const [only, second] = proposed;
  const rejected = rejection === 'none' ? {} : { rejection };
  return { status, ...rejected, ...(second === undefined ? only : { records: proposed }) };
}

/** What an expectation names and the dry run has otherwise. Fields are compared one by one, so that each can be updated. */
export function compare(expected: CaseExpectation, walked: RequestResult): readonly Difference[] {
  return differences(expected, actualOf(walked), '');
}

function differences(expected: unknown, actual: unknown, pointer: string): readonly Difference[] {
  if (isDeepStrictEqual(expected, actual)) return [];
  const parts = descend(expected, actual);
  if (parts === undefined) return [{ pointer, expected, ...(actual !== undefined && { actual }) }];
  return parts.flatMap(([name, wanted, got]) => differences(wanted, got, pointer + toPointer(name)));
}

/** Undefined where the two can't be held against each other part by part. */
function descend(
  expected: unknown,
  actual: unknown,
): readonly (readonly [string | number, unknown, unknown])[] | undefined {
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    return expected.map((each: unknown, index) => [index, each, actual[index]]);
  }
  if (!isRecord(expected) || (actual !== undefined && !isRecord(actual))) return undefined;
  return Object.entries(expected).map(([name, each]) => [name, each, actual?.[name]]);
}
