import { relative } from 'node:path';
import type { Diagnostic } from './diagnostic.js';
import { place } from './pretty.js';
import { escapeXml } from './xml.js';

/**
 * A report as JUnit writes it: a suite for each file, a case for each finding. Errors are failures, and warnings with
 * `strict`; a file without findings is a case that passed. `files`: absolute paths of what was checked.
 */
export function formatJunit(
  diagnostics: readonly Diagnostic[],
  files: readonly string[],
  base: string,
  { strict = false }: { readonly strict?: boolean } = {},
): string {
  const isFailure = ({ severity }: Diagnostic) => strict || severity === 'error';
  const suites = [...new Set([...files, ...diagnostics.map(({ file }) => file)])].map((file) => {
    const found = diagnostics.filter((diagnostic) => diagnostic.file === file);
    const cases = found.map((diagnostic) => toCase(diagnostic, base, isFailure(diagnostic)));
    const passed = `    <testcase name="lint" classname="${escapeXml(relative(base, file))}"/>\n`;
    const counts = `tests="${Math.max(found.length, 1)}" failures="${found.filter(isFailure).length}"`;
    return `  <testsuite name="${escapeXml(relative(base, file))}" ${counts}>\n${cases.join('') || passed}  </testsuite>\n`;
  });
  const failures = diagnostics.filter(isFailure).length;
  const counts = `tests="${Math.max(diagnostics.length, suites.length)}" failures="${failures}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="gateway lint-config" ${counts}>\n${suites.join('')}</testsuites>\n`;
}

function toCase(diagnostic: Diagnostic, base: string, failure: boolean): string {
  const { rule, severity, message, hint, file } = diagnostic;
  const at = place(diagnostic, base);
  const name = `${rule}${at.slice(relative(base, file).length)}`;
  const text = `${at} ${message}${hint === undefined ? '' : `\n${hint}`}`;
  const body = failure
    ? `<failure type="${severity}" message="${escapeXml(message)}">${escapeXml(text)}</failure>`
    : `<system-out>${escapeXml(`${severity}: ${text}`)}</system-out>`;
  return `    <testcase name="${escapeXml(name)}" classname="${escapeXml(relative(base, file))}">${body}</testcase>\n`;
}
