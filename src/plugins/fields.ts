import { closest } from '../diagnostics/closest.js';
import type { Fault, FieldRead, PayloadSchema, Rule } from '../model.js';
import { require } from '../require.js';
import { optional } from './optional.js';
import { childSchema, declaredNames, type Schema } from './schema-tree.js';

const { distance }: typeof import('fastest-levenshtein') = require('fastest-levenshtein');

/**
 * Fields that the rule at `pointer` reads and no payload has that one of the schemas lets through, as warnings. Where a
 * schema leaves open what else there is, only a slip of the pen beside a name that it has.
 */
export function lintFields(rule: Rule | undefined, pointer: string, schemas: readonly PayloadSchema[]): Fault[] {
  const roots = schemas.flatMap(({ schema }) => schema ?? []);
  // Of several alternatives, `a.b ? a.b : a.c`, or of a field read twice, the first suffices.
  const told = new Set<string>();
  return (rule?.reads ?? []).flatMap((read) => {
    const path = read.path.join('.');
    const faults = roots.map((root) => judge(root, read));
    if (roots.length === 0 || told.has(path) || faults.some((fault) => fault === undefined)) return [];
    told.add(path);
    const near = faults.find((fault) => fault?.near !== undefined)?.near;
    return [
      {
        ...({ rule: 'expr-unknown-field', severity: 'warning', pointer, ...optional('within', read.within) } as const),
        message: `No schema of the plugin has ${path}`,
        ...optional('hint', near === undefined ? undefined : `did you mean "${near}"?`),
      },
    ];
  });
}

/** Undefined: the schema has the field, may have it, or is silent about what it would be in. */
function judge(root: object, { path }: FieldRead): { readonly near?: string } | undefined {
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

/** One letter wrong, missing or doubled, or two in the wrong order, in a name long enough; singular and plural are no slip. */
function isSlip(written: string, meant: string): boolean {
  if (meant.length < 5 || written.length < 5 || `${meant}s` === written || `${written}s` === meant) return false;
  const letters = (text: string) => [...text].sort().join('');
  const steps = distance(written, meant);
  return steps === 1 || (steps === 2 && letters(written) === letters(meant));
}
