import { fromPointer } from '../../diagnostics/pointer.js';
import { require } from '../../util/require.js';
import type { Difference } from './compare.js';
import type { CaseExpectation } from './declaration.js';

const { isScalar, parse, parseDocument }: typeof import('yaml') = require('yaml');

/** What a case has to expect from now on: the fields that differ, or, where nothing was expected, a proposal. */
export interface CaseUpdate {
  /** Of the case in its file. */
  readonly index: number;
  readonly differences: readonly Difference[];
  readonly proposal?: CaseExpectation;
}

/** The text of a file of tests with its expectations as things are. Comments stay, and so does what is not concerned. */
export function updateExpectations(text: string, updates: readonly CaseUpdate[]): string {
  const edits = updates.flatMap(({ index, differences, proposal }) => {
    const at = ['cases', index, 'expect'];
    const changes = differences.map(({ pointer, actual }) => ({ path: [...at, ...steps(pointer)], value: actual }));
    return [...(proposal === undefined ? [] : [{ path: at, value: proposal }]), ...changes];
  });
  const rest = edits.filter(({ path, value }) => !isInPlace(text, path, value));
  const inPlace = edits.filter((edit) => !rest.includes(edit));
  return restructure(replaceScalars(text, inPlace), rest);
}

interface Edit {
  readonly path: readonly (string | number)[];
  /** Undefined: it is taken out. */
  readonly value: unknown;
}

function steps(pointer: string): readonly (string | number)[] {
  return fromPointer(pointer).map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function isInPlace(text: string, path: Edit['path'], value: unknown): boolean {
  return value !== undefined && typeof value !== 'object' && isScalar(parseDocument(text).getIn(path, true));
}

/** Puts scalars where scalars are, and leaves everything else as somebody wrote it. */
function replaceScalars(text: string, edits: readonly Edit[]): string {
  const document = parseDocument(text);
  return edits
    .flatMap(({ path, value }) => {
      const node: unknown = document.getIn(path, true);
      return isScalar(node) && node.range ? [{ start: node.range[0], end: node.range[1], value }] : [];
    })
    .sort((a, b) => b.start - a.start)
    .reduce((result, { start, end, value }) => result.slice(0, start) + write(value) + result.slice(end), text);
}

/** Plain where that is read as the same value in any place of YAML, else as JSON. */
function write(value: unknown): string {
  const plain = String(value);
  return /^[\w./-]+$/.test(plain) && parse(plain) === value ? plain : JSON.stringify(value);
}

function restructure(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  const document = parseDocument(text);
  for (const { path, value } of edits) {
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, document.createNode(value));
  }
  return document.toString({ lineWidth: 0 });
}
