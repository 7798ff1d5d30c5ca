import { fromPointer } from '../../diagnostics/pointer.js';
import { NameTable } from '../../signature/name-table.js';

export type Action = 'drop' | 'mask' | 'tokenise' | 'encrypt';

/** A field of a payload, and what becomes of it. */
export interface ProtectedField {
  /** JSON pointer; `*` stands for each member or element. */
  readonly path: string;
  readonly do: Action;
}

/** A place in a payload, and what is below it: every path at once. */
export interface FieldTree {
  /** What becomes of the value here; then nothing below it is looked at. */
  readonly field?: ProtectedField;
  readonly names: NameTable;
  /** By the numbers of the names. */
  readonly below: readonly FieldTree[];
  /** Of members without a name in the table, and elements without a position. */
  readonly rest?: FieldTree;
  readonly isLeaf: boolean;
}

interface Path {
  readonly segments: readonly string[];
  readonly field: ProtectedField;
}

/** Of several fields with one path the first counts. `at`: JSON pointer that is put before every path. */
export function createFieldTree(fields: readonly ProtectedField[], at = ''): FieldTree {
  return merge(fields.map((field) => ({ segments: fromPointer(at + field.path), field })));
}

function merge(paths: readonly Path[]): FieldTree {
  const names = new NameTable();
  const here = paths.find(({ segments }) => segments.length === 0);
  const deeper = here === undefined ? paths : [];
  const below = (name: string | undefined) =>
    deeper
      .filter(({ segments: [first] }) => first === '*' || first === name)
      .map(({ segments, field }) => ({ segments: segments.slice(1), field }));
  const named: FieldTree[] = [];
  for (const { segments } of deeper) {
    const [first = '*'] = segments;
    if (first === '*') continue;
    const number = names.add(first);
    if (number === named.length) named.push(merge(below(first)));
  }
  const others = below(undefined);
  return {
    ...(here && { field: here.field }),
    names,
    below: named,
    ...(others.length === 0 ? {} : { rest: merge(others) }),
    isLeaf: deeper.length === 0,
  };
}

/** What is below a member. */
export function memberOf(tree: FieldTree, bytes: Buffer, start: number, end: number): FieldTree | undefined {
  const number = tree.names.find(bytes, start, end);
  return number === -1 ? tree.rest : tree.below[number];
}
