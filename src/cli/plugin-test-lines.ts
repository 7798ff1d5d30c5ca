import { join, relative } from 'node:path';
import type { Check, Rehearsal } from '../testing/plugins/checks.js';

/** What came of a plugin's examples: a line with notes, and every failure with what was expected. */
export function describeRehearsal({ plugin, folder, examples, checks, notes }: Rehearsal): {
  readonly lines: readonly string[];
  readonly failures: readonly string[];
} {
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  const passed = checks.filter(({ outcome }) => outcome === 'passed').length;
  const failures = failed.map((check) => describeCheck(check, relative('', folder)).join('\n'));
  const sum = `${plugin}: ${count(examples.length, 'example')}, ${passed} passed${failed.length === 0 ? '' : `, ${failed.length} failed`}`;
  return { lines: [sum, ...notes.map((note) => `  - ${note}`)], failures };
}

function describeCheck({ example, what, expected, got, see, hint }: Check, folder: string): readonly string[] {
  const where = example === undefined ? folder : join(folder, 'examples', `${example}.json`);
  return [
    `FAILED ${where}: ${what}`,
    ...labelled('expected', expected),
    ...labelled('got', got),
    ...labelled('see', see),
    ...labelled('hint', hint),
  ];
}

function labelled(label: string, text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  return text.split('\n').map((line, index) => `  ${(index === 0 ? label : '').padEnd(9)}${line}`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
