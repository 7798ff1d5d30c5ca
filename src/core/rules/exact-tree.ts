import { ExactNumber } from '../../util/json/number.js';
import { functionNames } from './functions.js';
import { boundNames } from './inspect.js';
import { literalOf } from './literal.js';
import { isNode, listNodes, type Node } from './nodes.js';

/** Functions that hand on what they are given, or don't look at it. */
const passing = new Set(['append', 'count', 'each', 'exists', 'map', 'reduce', 'reverse', 'shuffle', 'zip']);

/** Functions that look into values, or at what another function returns, where nothing can be put in between. */
const opaque = new Set(['clone', 'distinct', 'filter', 'sift', 'single']);

/** Those that take any value of the context for an argument that isn't given; of how many. */
const fromContext: ReadonlyMap<string, number> = new Map([
  ...(['boolean', 'keys', 'not', 'spread', 'string'] as const).map((name) => [name, 1] as const),
  ...(['each', 'lookup'] as const).map((name) => [name, 2] as const),
]);

/** Operators that are calls of `exactFunctions` instead. */
const compared = new Set(['=', '!=', '<', '<=', '>', '>=', 'in']);

/** Whether a rule has a number that JavaScript has another value for than the one that is written. */
export function hasExactLiteral(ast: unknown, source: string): boolean {
  return listNodes(ast).some((node) => node.type === 'number' && literalOf(node, source) instanceof ExactNumber);
}

/**
 * Changes JSONata's syntax tree in place, so that the expression takes `ExactNumber`s for numbers: comparisons become calls
 * of `exactFunctions`, and around what is else computed with one is put. False: it is not possible with this expression.
 */
export function makeExact(ast: unknown, source: string): boolean {
  const nodes = listNodes(ast);
  const bound = new Set(nodes.flatMap(boundNames));
  if (functionNames.some((name) => bound.has(name)) || !nodes.every(isTransparent)) return false;
  const piped = new Set(nodes.map((node) => (node.type === 'apply' ? node.rhs : undefined)));
  const called = new Set(nodes.map((node) => (node.type === 'function' ? node.procedure : undefined)));
  if (nodes.some((node) => isOpaqueCall(node, piped.has(node)) || isOpaqueValue(node, called))) return false;
  const indexes = new Set(nodes.map((node) => (node.type === 'filter' ? node.expr : undefined)));
  for (const node of nodes) {
    if (node.type === 'number' && !indexes.has(node)) putLiteral(node, source);
    else if (node.type === 'variable' && node.value === 'string' && !called.has(node)) node.value = '#string';
    else rewrite(node);
  }
  return true;
}

function isTransparent({ type }: Node): boolean {
  return type !== 'transform' && type !== 'partial';
}

function isOpaqueCall(node: Node, piped: boolean): boolean {
  if (node.type !== 'function' || !Array.isArray(node.arguments)) return false;
  const name = builtIn(node.procedure);
  const given = node.arguments.length + (piped ? 1 : 0);
  return name !== undefined && (opaque.has(name) || given < (fromContext.get(name) ?? 0));
}

/** A function as a value: who calls it with what can't be seen. */
function isOpaqueValue(node: Node, called: ReadonlySet<unknown>): boolean {
  const name = builtIn(node);
  return name !== undefined && name !== 'string' && !called.has(node);
}

function builtIn(node: unknown): string | undefined {
  if (!isNode(node) || node.type !== 'variable' || typeof node.value !== 'string') return undefined;
  return functionNames.includes(node.value) ? node.value : undefined;
}

function putLiteral(node: Node, source: string): void {
  const value = literalOf(node, source);
  if (value instanceof ExactNumber) Object.assign(node, { type: 'value', value });
}

function rewrite(node: Node): void {
  switch (node.type) {
    case 'binary':
      rewriteBinary(node);
      return;
    case 'unary':
      if (node.value === '-') node.expression = call('#number', node.expression);
      return;
    case 'condition':
      node.condition = call('#number', node.condition);
      return;
    case 'filter':
      if (isNode(node.expr) && node.expr.type !== 'number') node.expr = call('#number', node.expr);
      return;
    case 'sort':
      for (const term of [node.terms].flat()) if (isTerm(term)) term.expression = call('#number', term.expression);
      return;
    case 'function':
      rewriteCall(node);
      return;
    case 'apply':
      node.lhs = around(isNode(node.rhs) ? node.rhs.procedure : undefined, node.lhs);
      return;
  }
}

function rewriteBinary(node: Node): void {
  const { lhs, rhs, value, position } = node;
  if (compared.has(String(value))) {
    for (const name of Object.keys(node)) if (name === 'lhs' || name === 'rhs') delete node[name];
    Object.assign(node, call(`#${value}`, lhs, rhs), { position });
    return;
  }
  const name = value === '&' ? '#text' : '#number';
  Object.assign(node, { lhs: call(name, lhs), rhs: call(name, rhs) });
}

function rewriteCall(node: Node): void {
  const { procedure, arguments: given } = node;
  if (Array.isArray(given)) node.arguments = given.map((argument) => around(procedure, argument));
}

/** What a function is given, in the form that it knows. */
function around(procedure: unknown, argument: unknown): unknown {
  const name = builtIn(procedure);
  if (name === undefined || passing.has(name)) return argument;
  return call(name === 'string' ? '#text' : '#number', argument);
}

function call(name: string, ...given: readonly unknown[]): Node {
  return { type: 'function', value: '(', arguments: given, procedure: { type: 'variable', value: name } };
}

function isTerm(term: unknown): term is { expression: unknown } {
  return typeof term === 'object' && term !== null && 'expression' in term;
}
