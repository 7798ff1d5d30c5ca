import { relative } from 'node:path';
import type { CasebookResult, CaseResult } from '../testing/cases/run.js';

/** What came of a file of tests: a line, and every failure with what was expected and what is. */
export function describeCasebook({ file, cases, diagnostics }: Omit<CasebookResult, 'text' | 'updated' | 'read'>): {
  readonly lines: readonly string[];
  readonly failures: readonly string[];
} {
  const name = relative('', file);
  if (diagnostics.length > 0) return { lines: [], failures: [`FAILED ${name}: it can't be used`] };
  const failed = cases.filter(({ passed }) => !passed);
  const sum = `${name}: ${cases.length - failed.length} passed${failed.length === 0 ? '' : `, ${failed.length} failed`}`;
  return { lines: [sum], failures: failed.map((each) => describeCase(name, each).join('\n')) };
}

function describeCase(file: string, { name, line, problem, differences }: CaseResult): readonly string[] {
  return [
    `FAILED ${file}:${line}: ${name}`,
    ...(problem === undefined ? [] : [`  ${problem}`]),
    ...differences.flatMap(({ field, expected, actual, line, column }) => [
      `  ${field}  ${file}:${line}:${column}`,
      `    expected  ${show(expected)}`,
      `    actual    ${show(actual)}`,
    ]),
  ];
}

/** What differs, on one line, for formats that have no room for more. */
export function summarizeCase({ problem, differences }: CaseResult): string {
  const parts = differences.map(
    ({ field, expected, actual }) => `${field}: expected ${show(expected)}, actual ${show(actual)}`,
  );
  return [...(problem === undefined ? [] : [problem]), ...parts].join('; ');
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
