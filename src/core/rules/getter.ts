import { isRecord } from '../../util/values.js';
import type { Bindings } from '../model.js';

/** Stands for "this needs JSONata after all". */
export const undecided: unique symbol = Symbol('undecided');

export type Getter = (input: unknown, bindings: Bindings) => unknown;

/**
 * Compiles a path of names (`a.b.c`, also below `$`, `$headers` and `$endpoint`) to plain property reads, which cost
 * next to nothing. Absent for any other expression. Where the getter meets an array, over which JSONata would map, it
 * gives `undecided`.
 */
export function compileGetter(ast: unknown): Getter | undefined {
  // A path that groups or keeps arrays has more keys than these.
  if (!isRecord(ast) || !Object.keys(ast).every((key) => key === 'type' || key === 'steps')) return undefined;
  const steps = Array.isArray(ast.steps) ? ast.steps : [];
  const root = readRoot(steps[0]);
  const names = (root === undefined ? steps : steps.slice(1)).map(plainName);
  if (!names.every((name) => name !== undefined)) return undefined;
  return (input, bindings) => follow(root === undefined ? input : root(input, bindings), names);
}

function follow(input: unknown, names: readonly string[]): unknown {
  let value = input;
  for (const name of names) {
    if (Array.isArray(value)) return undecided;
    if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return Array.isArray(value) ? undecided : value;
}

function readRoot(step: unknown): Getter | undefined {
  if (!isRecord(step) || step.type !== 'variable' || !isPlain(step)) return undefined;
  if (step.value === '') return (input) => input;
  if (step.value === 'headers') return (_, bindings) => bindings.headers;
  if (step.value === 'endpoint') return (_, bindings) => bindings.endpoint;
  return undefined;
}

function plainName(step: unknown): string | undefined {
  if (!isRecord(step) || step.type !== 'name' || !isPlain(step)) return undefined;
  return typeof step.value === 'string' ? step.value : undefined;
}

/** A step with a filter, an index, a sort or a binding has more keys than these. */
function isPlain(step: Record<string, unknown>): boolean {
  return Object.keys(step).every((key) => key === 'type' || key === 'value' || key === 'position');
}
