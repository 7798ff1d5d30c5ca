import type { Expression } from 'jsonata';
import { type Focus, mostUnits, sizeOf, spend, tooMuch } from './budget.js';
import { functionNames } from './functions.js';
import { costOf, mostElements, replacements } from './guarded-functions.js';
import { isNode, listNodes, type Node } from './nodes.js';

/** A function as JSONata keeps it. */
interface Definition {
  readonly implementation: (this: Focus, ...values: unknown[]) => unknown;
  readonly arity?: number;
}

/** JSONata makes them again for every expression; they cost nothing. */
const ofExpression = new Set(['now', 'millis']);

/**
 * Puts, before each function of JSONata that an expression names, what counts the time and the size of what it is given, and
 * takes `$eval` away. `lookUp`: the function of a name, as JSONata has it.
 */
export function guardFunctions(expression: Expression, lookUp: (name: string) => unknown): void {
  const named = new Set(
    listNodes(expression.ast()).map(({ type, value }) => (type === 'variable' ? value : undefined)),
  );
  for (const name of functionNames) {
    const original = named.has(name) && !ofExpression.has(name) ? lookUp(name) : undefined;
    if (isDefinition(original)) expression.assign(name, guarded(name, original));
  }
  expression.assign('eval', undefined);
}

function guarded(name: string, original: Definition): Definition {
  const run = replacements[name] ?? original.implementation;
  function implementation(this: Focus, ...values: unknown[]): unknown {
    spend(this, costOf(name, values));
    return run.apply(this, values);
  }
  // JSONata asks how many values a function wants, and, for `$pad(?, 5)`, reads their names in its text.
  implementation.toString = () => String(original.implementation);
  return { ...original, arity: original.implementation.length, implementation };
}

function isDefinition(value: unknown): value is Definition {
  return (
    typeof value === 'object' &&
    value !== null &&
    'implementation' in value &&
    typeof value.implementation === 'function'
  );
}

/**
 * Changes the syntax tree of an expression in place, so that its operators are counted as its functions are: ranges; and, where they can
 * be repeated, `&` and `[…]`.
 */
export function guardOperators(expression: Expression): void {
  const nodes = listNodes(expression.ast());
  for (const [name, implementation] of Object.entries(counting)) {
    expression.assign(name, { _jsonata_function: true, implementation });
  }
  const repeats = nodes.some(({ type }) => type === 'lambda' || type === 'bind');
  for (const node of nodes) {
    if (node.type === 'binary' && node.value === '..') {
      const { lhs, rhs, position } = node;
      for (const name of ['lhs', 'rhs']) delete node[name];
      Object.assign(node, call('#range', lhs, rhs), { position });
    } else if (repeats && node.type === 'binary' && node.value === '&') {
      Object.assign(node, { lhs: call('#joined', node.lhs), rhs: call('#joined', node.rhs) });
    } else if (repeats && node.type === 'unary' && node.value === '[' && Array.isArray(node.expressions)) {
      node.expressions = node.expressions.map((each) => (isFixed(each) ? each : call('#listed', each)));
    }
  }
}

/** An array within an array stays one; a literal costs nothing. */
function isFixed(node: unknown): boolean {
  if (!isNode(node)) return true;
  return node.value === '[' || ['string', 'number', 'value'].includes(String(node.type));
}

/** By names that no expression can have. */
const counting: { readonly [name: string]: (this: Focus, ...values: unknown[]) => unknown } = {
  '#joined'(value) {
    spend(this, sizeOf(value));
    return value;
  },
  '#listed'(value) {
    spend(this, Array.isArray(value) ? value.length : 1);
    return value;
  },
  '#range'(from, to) {
    if (from !== undefined && !Number.isInteger(from)) throw { code: 'T2003' };
    if (to !== undefined && !Number.isInteger(to)) throw { code: 'T2004' };
    if (typeof from !== 'number' || typeof to !== 'number' || from > to) return undefined;
    const size = to - from + 1;
    if (size > mostElements) throw tooMuch();
    spend(this, size);
    return Object.assign(
      Array.from({ length: size }, (_, index) => from + index),
      { sequence: true },
    );
  },
};

/** Throws if a rule gives a text that is longer than everything it may make. */
export function checkResult(result: unknown): void {
  if (typeof result === 'string' && result.length > mostUnits) throw tooMuch();
}

function call(name: string, ...given: readonly unknown[]): Node {
  return { type: 'function', value: '(', arguments: given, procedure: { type: 'variable', value: name } };
}
