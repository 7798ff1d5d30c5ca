import type { FieldRead } from '../model.js';
import { isNode, type Node, spot } from './nodes.js';

/**
 * The fields of the payload that an expression reads by name, as far as that can be said without a payload: what stands
 * behind a wildcard, a variable or a lambda is left out.
 */
export function fieldsRead(source: string, ast: unknown): readonly FieldRead[] {
  const reads: FieldRead[] = [];
  visit(ast, [], { source, reads });
  return reads;
}

/** Names from the payload's root to the value that names are looked up in; undefined where nobody can tell. */
type Context = readonly string[] | undefined;

interface Walk {
  readonly source: string;
  readonly reads: FieldRead[];
}

function visit(node: unknown, context: Context, walk: Walk): void {
  if (context === undefined) return;
  if (Array.isArray(node)) {
    for (const child of node) visit(child, context, walk);
    return;
  }
  if (!isNode(node)) return;
  if (node.type === 'path') {
    visitPath(node, context, walk);
    return;
  }
  for (const child of childrenOf(node)) visit(child, context, walk);
}

/** The parts of a node that are evaluated in the same context as the node itself. */
function childrenOf(node: Node): readonly unknown[] {
  switch (node.type) {
    case 'condition':
      return [node.condition, node.then, node.else];
    case 'binary':
    case 'apply':
      return [node.lhs, node.rhs];
    case 'unary':
      return [node.expression, node.expressions, node.lhs];
    case 'function':
    case 'partial':
      return [node.arguments];
    case 'block':
      return [node.expressions];
    case 'bind':
      return [node.rhs];
    case 'lambda':
      // What JSONata makes of a call at the end of a function; a real lambda is called nobody knows with what.
      return node.thunk === true ? [node.body] : [];
    default:
      return [];
  }
}

function visitPath(path: Node, start: Context, walk: Walk): void {
  const steps: unknown[] = Array.isArray(path.steps) ? path.steps : [];
  let context = start;
  for (const [index, step] of steps.entries()) {
    if (!isNode(step)) return;
    context = take(step, context, index === 0, walk);
    // `@`, `#` and `%` change what the steps after them begin at.
    if (context === undefined || step.tuple === true || step.focus !== undefined || step.ancestor !== undefined) return;
    for (const filter of [step.stages, step.predicate].flat()) {
      if (isNode(filter)) visit(filter.expr, context, walk);
    }
  }
  if (typeof path.group === 'object' && path.group !== null && 'lhs' in path.group)
    visit(path.group.lhs, context, walk);
}

function take(step: Node, context: Context, first: boolean, walk: Walk): Context {
  if (context === undefined) return undefined;
  if (step.type === 'name' && typeof step.value === 'string') {
    const path = [...context, step.value];
    walk.reads.push({ path, ...spot(walk.source, step.position, spellings(step.value)) });
    return path;
  }
  if (step.type === 'variable' && first && step.value === '') return context;
  if (step.type === 'variable' && first && step.value === '$') return [];
  if (step.type === 'sort') {
    for (const term of [step.terms].flat()) if (isTerm(term)) visit(term.expression, context, walk);
    return context;
  }
  visit(step, context, walk);
  return undefined;
}

function isTerm(value: unknown): value is { readonly expression: unknown } {
  return typeof value === 'object' && value !== null && 'expression' in value;
}

function spellings(name: string): readonly string[] {
  return [name, `"${name}"`, `'${name}'`, `\`${name}\``];
}
