import { relative } from 'node:path';
import { printableLines } from '../util/printable.js';
import type { Diagnostic } from './diagnostic.js';

/** For programs: one JSON array of Diagnostics. */
export function formatJson(diagnostics: readonly Diagnostic[]): string {
  return `${JSON.stringify(diagnostics, undefined, 2)}\n`;
}

/**
 * Annotations for GitHub Actions, a workflow command a line
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
 * `base`: absolute folder of the checkout.
 */
export function formatGithub(diagnostics: readonly Diagnostic[], base: string): string {
  return diagnostics.map((diagnostic) => `${annotate(diagnostic, base)}\n`).join('');
}

function annotate({ severity, file, range, rule, message, hint }: Diagnostic, base: string): string {
  const place =
    range === undefined
      ? []
      : [
          `line=${range.start.line}`,
          `col=${range.start.column}`,
          `endLine=${range.end.line}`,
          `endColumn=${range.end.column}`,
        ];
  const properties = [`file=${escapeProperty(relative(base, file))}`, ...place, `title=${escapeProperty(rule)}`];
  return `::${severity} ${properties.join(',')}::${escapeData(hint === undefined ? message : `${message}\n${hint}`)}`;
}

function escapeData(text: string): string {
  return printableLines(text).replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
