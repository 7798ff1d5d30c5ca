import { relative } from 'node:path';
import { printable } from '../util/printable.js';
import type { Diagnostic } from './diagnostic.js';
import { maskSecrets } from './mask.js';

export interface PrettyOptions {
  /** ANSI colours. */
  readonly colours?: boolean;
  /** Absolute folder that files are shown relative to; absent: absolute paths. */
  readonly base?: string;
}

const codes = { error: '31', warning: '33', dim: '2', bold: '1' };
const widest = 120;

/**
 * For people: place, severity, message and rule id in a line, then the line of the source with the fault underlined,
 * then what to do. `sources`: absolute path → text. Secrets in the source are masked.
 */
export function formatPretty(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  options: PrettyOptions = {},
): string {
  const masked = new Map<string, readonly string[]>();
  function linesOf(file: string): readonly string[] {
    const known = masked.get(file) ?? maskSecrets(sources.get(file) ?? '').split(/\r?\n/);
    masked.set(file, known);
    return known;
  }
  return diagnostics.map((diagnostic) => formatOne(diagnostic, linesOf(diagnostic.file), options)).join('');
}

function formatOne(diagnostic: Diagnostic, lines: readonly string[], options: PrettyOptions): string {
  const paint = (text: string, style: keyof typeof codes) =>
    options.colours === true ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
  const { severity, message, rule, hint } = diagnostic;
  const head = `${paint(printable(place(diagnostic, options.base)), 'bold')}  ${paint(severity, severity)}  ${printable(message)}  ${paint(`[${rule}]`, 'dim')}`;
  const margin = ' '.repeat(6);
  const frame = codeFrame(diagnostic, lines);
  return [
    head,
    ...(frame === undefined
      ? []
      : [
          paint(`${String(frame.line).padStart(5)} | `, 'dim') + frame.source,
          `${paint(`${margin}| `, 'dim')}${paint(frame.marks, severity)}`,
        ]),
    ...(hint === undefined ? [] : [`${margin}= ${printable(hint)}`]),
    '',
  ].join('\n');
}

/** `file:line:column`, as far as it is known. */
export function place({ file, range }: Diagnostic, base: string | undefined): string {
  const shown = base === undefined ? file : relative(base, file);
  return range === undefined ? shown : `${shown}:${range.start.line}:${range.start.column}`;
}

function codeFrame({ range }: Diagnostic, lines: readonly string[]) {
  const source = range && lines[range.start.line - 1];
  if (range === undefined || source === undefined || source.trim() === '') return undefined;
  const start = range.start.column - 1;
  const end = range.end.line === range.start.line ? range.end.column - 1 : source.trimEnd().length;
  // Of a very long line, the part around the fault.
  const from = source.length > widest ? Math.max(0, start - widest / 2) : 0;
  const width = Math.max(1, Math.min(end, from + widest) - start);
  return {
    line: range.start.line,
    source: printable(source.slice(from, from + widest)),
    marks: ' '.repeat(start - from) + '^'.repeat(width),
  };
}
