import { NameTable } from './name-table.js';

/** A place in a JSON value that pointers lead to or through. */
export interface Branch {
  /** The number of the pointer that ends here, or -1. */
  slot: number;
  /** The members that lie below, and what is there by their numbers. */
  readonly names: NameTable;
  readonly below: Branch[];
  /** The same in an array, by position. */
  readonly positions: Map<number, Branch>;
  /** The highest of the positions, or -1. */
  last: number;
}

/** JSON pointers (RFC 6901) with numbers: what a scheme reads of a document. */
export class Pointers {
  readonly root = createBranch();
  #count = 0;

  /** The number of a pointer, which is added if it is not there yet. Numbers count from 0. */
  add(path: readonly string[]): number {
    const branch = path.reduce(branchBelow, this.root);
    if (branch.slot === -1) branch.slot = this.#count++;
    return branch.slot;
  }
}

function createBranch(): Branch {
  return { slot: -1, names: new NameTable(), below: [], positions: new Map(), last: -1 };
}

function branchBelow(branch: Branch, name: string): Branch {
  const number = branch.names.add(name);
  const known = branch.below[number];
  if (known !== undefined) return known;
  const below = createBranch();
  branch.below.push(below);
  if (/^(0|[1-9]\d{0,9})$/.test(name)) {
    branch.positions.set(Number(name), below);
    branch.last = Math.max(branch.last, Number(name));
  }
  return below;
}
