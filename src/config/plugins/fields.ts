import type { Fault, FieldRead, PayloadSchema, Rule } from '../../core/model.js';
import { closest } from '../../diagnostics/closest.js';
import { require } from '../../util/require.js';
import { optional } from './optional.js';
import { childSchema, declaredNames, type Schema } from './schema-tree.js';

const { distance }: typeof import('fastest-levenshtein') = require('fastest-levenshtein');

/**
 * Fields that the rule at `pointer` reads and no payload has that one of the schemas lets through, as warnings. Where a
 * schema leaves open what else there is, only a typo beside a name that it has.
 */
export function lintFields(rule: Rule | undefined, pointer: string, schemas: readonly PayloadSchema[]): Fault[] {
  const roots = schemas.flatMap(({ schema }) => schema ?? []);
  // Of several alternatives, `a.b ? a.b : a.c`, or of a field read twice, the first suffices.
  const told = new Set<string>();
  return (rule?.reads ?? []).flatMap((read) => {
    const path = read.path.join('.');
    const faults = roots.map((root) => findMissingField(root, read));
    if (roots.length === 0 || told.has(path) || faults.some((fault) => fault === undefined)) return [];
    told.add(path);
    const near = faults.find((fault) => fault?.near !== undefined)?.near;
    return [unknownField(read, pointer, `No schema of the plugin has ${path}`, near)];
  });
}

/** The warning about a field that is not known. `near`: the one that was probably meant. */
export function unknownField({ within }: FieldRead, pointer: string, message: string, near: string | undefined): Fault {
  return {
    rule: 'expr-unknown-field',
    severity: 'warning',
    pointer,
    ...(within !== undefined && { within }),
    message,
    ...(near !== undefined && { hint: `did you mean "${near}"?` }),
  };
}

/** Undefined: the schema has the field, may have it, or is silent about what it would be in. */
export function findMissingField(root: object, { path }: FieldRead): { readonly near?: string } | undefined {
  const last = path.at(-1) ?? '';
  const holder = path.slice(0, -1).reduce<Schema | undefined>((at, name) => at && childSchema(at, name), {
    root,
    node: root,
  });
  // A fault further up was told there.
  if (holder === undefined) return undefined;
  const names = declaredNames(holder);
  if (childSchema(holder, last) === undefined) return optional('near', closest(last, names));
  if (names.has(last)) return undefined;
  const slip = [...names].find((name) => isSlip(last, name));
  return slip === undefined ? undefined : { near: slip };
}

/**
 * A typo: one letter wrong, missing or doubled, two in the wrong order, or another way to set the words apart
 * (`createdAt`, `created_at`). Of short names only what is no other word. Singular and plural, and numbers, are no slip.
 */
export function isSlip(written: string, meant: string): boolean {
  if (written === meant || `${meant}s` === written || `${written}s` === meant) return false;
  const numberless = (text: string) => text.replace(/\d+/g, '0');
  if (numberless(written) === numberless(meant)) return false;
  if (bare(written) === bare(meant)) return true;
  const steps = distance(written, meant);
  if (steps === 2) return written.length > 2 && letters(written) === letters(meant);
  if (steps !== 1) return false;
  const doubled = (text: string) => text.replace(/(.)\1/gu, '$1');
  if (Math.min(written.length, meant.length) >= 5 || doubled(written) === doubled(meant)) return true;
  return meant.length >= 4 && written.length !== meant.length;
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}

function letters(text: string): string {
  return [...text].sort().join('');
}
