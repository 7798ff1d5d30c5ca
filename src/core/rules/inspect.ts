import { closest } from '../../diagnostics/closest.js';
import type { RuleFault } from './compile.js';
import { type Arity, arities, functionNames } from './functions.js';
import { toLinear } from './linear-regex.js';
import { isNode, listNodes, type Node, spot } from './nodes.js';

const inputs = ['headers', 'endpoint', 'deliveryId', 'digest'];

/**
 * Looks through a parsed expression for what JSONata itself would find out only on a payload: names that nothing
 * defines, and regexes that can't be matched in linear time. The first such fault, in the order of the source.
 */
export function inspect(source: string, ast: unknown): RuleFault | undefined {
  const nodes = listNodes(ast);
  const bound = new Set(nodes.flatMap(boundNames));
  const called = new Set(nodes.map(calledNode));
  const applied = new Set(nodes.map((node) => (node.type === 'apply' ? node.rhs : undefined)));
  for (const node of nodes) {
    const miscounted = inspectCall(source, node, applied.has(node) ? 1 : 0, bound);
    if (miscounted !== undefined) return miscounted;
    if (node.type === 'regex') {
      const fault = inspectRegex(source, node);
      if (fault !== undefined) return fault;
    }
    if (node.type !== 'variable' || typeof node.value !== 'string') continue;
    const name = node.value;
    if (name === '' || name === '$' || bound.has(name) || functionNames.includes(name) || inputs.includes(name))
      continue;
    return unknownName(source, node, name, called.has(node));
  }
  return undefined;
}

/** The names after `$headers` in an expression, lower-case; undefined if it doesn't use `$headers` at all. */
export function headersRead(ast: unknown): readonly string[] | undefined {
  const nodes = listNodes(ast);
  if (!nodes.some(({ type, value }) => type === 'variable' && value === 'headers')) return undefined;
  const names = nodes.flatMap(({ type, steps }) => {
    if (type !== 'path' || !Array.isArray(steps)) return [];
    const [first, second]: { type?: unknown; value?: unknown }[] = steps;
    const named = first?.type === 'variable' && first.value === 'headers' && typeof second?.value === 'string';
    return named ? [String(second?.value).toLowerCase()] : [];
  });
  return [...new Set(names)];
}

/** Names that `:=`, a lambda's parameters, `@$x` and `#$x` define. Their scope isn't looked at. */
export function boundNames(node: Node): string[] {
  const names: string[] = [];
  if (node.type === 'bind') names.push(...variableNames([node.lhs]));
  if (node.type === 'lambda' && Array.isArray(node.arguments)) names.push(...variableNames(node.arguments));
  const marks = [node.focus, node.index, node.type === 'index' ? node.value : undefined];
  names.push(...marks.filter((mark) => typeof mark === 'string'));
  return names;
}

function variableNames(nodes: readonly unknown[]): string[] {
  return nodes.flatMap((node) =>
    typeof node === 'object' && node !== null && 'value' in node && typeof node.value === 'string' ? [node.value] : [],
  );
}

function calledNode(node: Node): unknown {
  if (node.type === 'function' || node.type === 'partial') return node.procedure;
  return node.type === 'apply' ? node.rhs : undefined;
}

function unknownName(source: string, node: Node, name: string, called: boolean): RuleFault {
  if (name === 'eval') {
    return {
      rule: 'expr-unknown-function',
      message: '$eval is switched off: it would run what the sender of a payload has written',
      ...spot(source, node.position, ['$eval']),
    };
  }
  const near = closest(name, called ? functionNames : [...inputs, ...functionNames]);
  return {
    rule: called ? 'expr-unknown-function' : 'expr-unknown-variable',
    message: called ? `JSONata has no function $${name}` : `Nothing defines $${name}`,
    ...spot(source, node.position, [`$${name}`]),
    ...(near !== undefined && { hint: `did you mean $${near}?` }),
  };
}

/** `piped`: arguments that `~>` puts before those in the brackets. */
function inspectCall(source: string, node: Node, piped: number, bound: ReadonlySet<string>): RuleFault | undefined {
  const { procedure } = node;
  if (node.type !== 'function' || !Array.isArray(node.arguments) || !isNode(procedure)) return undefined;
  const name = procedure.type === 'variable' ? String(procedure.value) : '';
  const arity = bound.has(name) ? undefined : arities.get(name);
  const given = node.arguments.length + piped;
  if (arity === undefined || (given >= arity[0] && given <= arity[1])) return undefined;
  return {
    rule: 'expr-arguments',
    message: `$${name} takes ${countWords(arity)}, not ${given}`,
    ...spot(source, procedure.position, [`$${name}`]),
  };
}

function countWords([least, most]: Arity): string {
  const noun = most === 1 ? 'argument' : 'arguments';
  if (most === 0) return 'no arguments';
  if (most === Number.POSITIVE_INFINITY) return `${least} ${least === 1 ? 'argument' : 'arguments'} or more`;
  return least === most ? `${most} ${noun}` : `${least} to ${most} ${noun}`;
}

function inspectRegex(source: string, node: Node): RuleFault | undefined {
  if (!(node.value instanceof RegExp)) return undefined;
  try {
    toLinear(node.value);
    return undefined;
  } catch {
    return {
      rule: 'expr-regex-unsafe',
      message: 'This regular expression could take forever on some payloads, or is not valid',
      ...spot(source, node.position, [String(node.value).replace(/g([a-z]*)$/, '$1')]),
      hint: 'leave out lookaround, backreferences and repetitions over 1000',
    };
  }
}

/** What is bound beside the payload, without the `$`. */
export { inputs as inputNames };
