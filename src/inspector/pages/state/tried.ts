import type { EvalResult } from '../../contract.js';

type Result = EvalResult['results'][number];

/** A result as JSON, on one line where it is short. */
export function show({ type, value }: Pick<Result, 'type' | 'value'>): string {
  if (type === 'nothing') return '';
  if (type === 'function') return 'a function';
  const line = JSON.stringify(value) ?? '';
  return line.length <= 80 ? line : JSON.stringify(value, undefined, 2);
}

/** The expression before, within and after what is wrong with it. Nothing is marked where the place is not known. */
export function mark(
  expression: string,
  within: readonly [number, number] | undefined,
): readonly [before: string, marked: string, after: string] {
  if (within === undefined) return [expression, '', ''];
  const start = Math.min(Math.max(0, within[0]), expression.length);
  const end = Math.min(Math.max(start + 1, within[1]), expression.length);
  return [expression.slice(0, start), expression.slice(start, end), expression.slice(end)];
}
