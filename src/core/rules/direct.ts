import { compareNumbers, isNumeric } from '../../util/json/number.js';
import { compileGetter, type Getter, undecided } from './getter.js';
import { literalOf } from './literal.js';
import { isNode, type Node } from './nodes.js';
import { comparisons, functions, isPlainOperation, type Operation, operations } from './operations.js';

/** What a rule is made of: its syntax tree and its text, and whether the digits of its numbers count. */
interface Part {
  readonly ast: unknown;
  readonly source: string;
  /** False: JavaScript's rounded numbers will do. */
  readonly digits: boolean;
}

/**
 * Compiles what most rules are made of to closures that decide at once, at about a hundredth of JSONata's cost: paths, literals,
 * conditions, operators, a few functions. Absent for any other expression. Where a value is one that JSONata treats in a
 * way of its own (arrays, errors, numbers out of range), the closure gives `undecided`.
 */
export function compileDirect(ast: unknown, source: string): Getter | undefined {
  return compilePart({ ast, source, digits: true });
}

function compilePart(part: Part): Getter | undefined {
  const { ast, source, digits } = part;
  if (!isNode(ast)) return undefined;
  switch (ast.type) {
    case 'path':
      return compilePath(ast, digits);
    case 'number':
      return has(ast, 'value') ? constant(digits ? literalOf(ast, source) : ast.value) : undefined;
    case 'string':
    case 'value':
      return has(ast, 'value') ? constant(ast.value) : undefined;
    case 'variable':
      return has(ast, 'value') ? compileVariable(ast.value) : undefined;
    case 'block':
      return has(ast, 'expressions') ? compileBlock(part, ast.expressions) : undefined;
    case 'condition':
      return has(ast, 'condition', 'then', 'else') ? compileCondition(part, ast) : undefined;
    case 'binary':
      return has(ast, 'value', 'lhs', 'rhs') ? compileBinary(source, ast) : undefined;
    case 'function':
      return has(ast, 'name', 'value', 'arguments', 'procedure') ? compileCall(source, ast) : undefined;
    default:
      return undefined;
  }
}

function constant(value: unknown): Getter {
  return () => value;
}

/** The payload is looked through for exact numbers only where there is a number whose digits count. */
function compilePath(ast: Node, digits: boolean): Getter | undefined {
  const read = compileGetter(ast);
  if (read === undefined || !digits) return read;
  return (input, bindings) => {
    const value = read(input, bindings);
    if (typeof value !== 'number') return value;
    const { exact = input } = bindings;
    return exact === input ? value : read(exact, bindings);
  };
}

/** A node with a filter, a sort or a binding has more keys than these. */
function has(node: Node, ...keys: readonly string[]): boolean {
  return Object.keys(node).every((key) => key === 'type' || key === 'position' || keys.includes(key));
}

function compileVariable(name: unknown): Getter | undefined {
  if (name === 'digest') return (_, bindings) => bindings.digest;
  return name === 'deliveryId' ? (_, bindings) => bindings.deliveryId : undefined;
}

function compileBlock(part: Part, expressions: unknown): Getter | undefined {
  return Array.isArray(expressions) && expressions.length === 1
    ? compilePart({ ...part, ast: expressions[0] })
    : undefined;
}

function compileCondition(part: Part, node: Node): Getter | undefined {
  const condition = compilePart({ ...part, ast: node.condition, digits: false });
  const positive = compilePart({ ...part, ast: node.then });
  const negative = node.else === undefined ? constant(undefined) : compilePart({ ...part, ast: node.else });
  if (condition === undefined || positive === undefined || negative === undefined) return undefined;
  return (input, bindings) => {
    const value = condition(input, bindings);
    if (!isPlainOperation(value)) return undecided;
    return value ? positive(input, bindings) : negative(input, bindings);
  };
}

function compileBinary(source: string, { value, lhs, rhs }: Node): Getter | undefined {
  const operator = String(value);
  const digits = operator === '&';
  const left = compilePart({ ast: lhs, source, digits });
  const right = compilePart({ ast: rhs, source, digits });
  if (left === undefined || right === undefined) return undefined;
  if (operator === 'and' || operator === 'or') return compileLogic(operator, left, right);
  const holds = comparisons.get(operator);
  if (holds !== undefined) return compileComparison(holds, [left, right], () => compileBoth(source, lhs, rhs));
  const operation = operations.get(operator);
  if (operation === undefined) return undefined;
  return (input, bindings) => {
    const first = left(input, bindings);
    const second = right(input, bindings);
    return isPlainOperation(first) && isPlainOperation(second) ? operation(first, second) : undecided;
  };
}

type Pair = readonly [Getter, Getter];

function compileBoth(source: string, lhs: unknown, rhs: unknown): Pair | undefined {
  const left = compilePart({ ast: lhs, source, digits: true });
  const right = compilePart({ ast: rhs, source, digits: true });
  return left && right && [left, right];
}

/** Rounding never changes the order of two numbers, but can make them equal: only then their digits are looked at. */
function compileComparison(holds: Operation, [left, right]: Pair, compileExact: () => Pair | undefined): Getter {
  let exact: Pair | undefined;
  return (input, bindings) => {
    const first = left(input, bindings);
    const second = right(input, bindings);
    if (!isPlainOperation(first) || !isPlainOperation(second)) return undecided;
    if (typeof first !== 'number' || first !== second) return holds(first, second);
    exact ??= compileExact();
    const [one, other] = [exact?.[0](input, bindings), exact?.[1](input, bindings)];
    return isNumeric(one) && isNumeric(other) ? holds(compareNumbers(one, other), 0) : undecided;
  };
}

/** The right side is looked at only if the left doesn't decide. */
function compileLogic(operator: 'and' | 'or', left: Getter, right: Getter): Getter {
  return (input, bindings) => {
    const first = left(input, bindings);
    if (!isPlainOperation(first)) return undecided;
    if (Boolean(first) === (operator === 'or')) return operator === 'or';
    const second = right(input, bindings);
    return isPlainOperation(second) ? Boolean(second) : undecided;
  };
}

function compileCall(source: string, { procedure, arguments: given }: Node): Getter | undefined {
  if (!isNode(procedure) || procedure.type !== 'variable' || !has(procedure, 'value')) return undefined;
  if (!Array.isArray(given) || given.length !== 1) return undefined;
  const name = String(procedure.value);
  const argument = compilePart({ ast: given[0], source, digits: name === 'string' });
  const call = functions.get(name);
  if (argument === undefined || call === undefined) return undefined;
  return (input, bindings) => {
    const value = argument(input, bindings);
    return isPlainOperation(value) ? call(value) : undecided;
  };
}
