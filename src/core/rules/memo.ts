import { isRecord } from '../../util/values.js';
import type { Bindings, Rule } from '../model.js';
import { compileGetter, type Getter } from './getter.js';

/** Functions whose value follows from their arguments, with so many of which they don't look at the context. */
const pureFunctions: ReadonlyMap<string, number> = new Map([
  ...(['boolean', 'exists', 'length', 'lowercase', 'not', 'number', 'string'] as const).map(
    (name) => [name, 1] as const,
  ),
  ...(['trim', 'type', 'uppercase', 'fromMillis', 'toMillis'] as const).map((name) => [name, 1] as const),
  ...(['contains', 'substring', 'substringAfter', 'substringBefore'] as const).map((name) => [name, 2] as const),
  ...([['replace', 3]] as const),
]);
const plainKeys = ['type', 'position', 'name', 'value', 'lhs', 'rhs', 'condition', 'then', 'else', 'arguments'];
const plainTypes = ['string', 'number', 'value', 'regex', 'condition', 'binary', 'block', 'function', 'path'];

/** Results that are kept for a rule, and characters of a text that one is kept for. */
const most = 500;
const longest = 100;

/**
 * Remembers what an expression gave for the values that it reads, where those are a few short texts, such as the event
 * type: it is then evaluated once for each of them. Absent where what it reads can't be told from the expression.
 */
export function memoise(ast: unknown, evaluate: Rule['evaluate']): Rule['evaluate'] | undefined {
  const inputs: Getter[] = [];
  if (!collectInputs(ast, inputs)) return undefined;
  const known = new Map<string, unknown>();
  return (input, bindings) => {
    // Functions take a payload that is a number or a text for an argument that isn't given, and others for the next.
    const key = isRecord(input) ? keyOf(inputs, input, bindings) : undefined;
    if (key === undefined) return evaluate(input, bindings);
    if (known.has(key)) return known.get(key);
    const value = evaluate(input, bindings);
    if (!(value instanceof Promise)) return value;
    return value.then((settled: unknown) => {
      if (known.size >= most) known.clear();
      if (typeof settled !== 'object') known.set(key, settled);
      return settled;
    });
  };
}

/** False where the expression reads anything but paths of names. */
function collectInputs(node: unknown, inputs: Getter[]): boolean {
  if (!isRecord(node) || !plainTypes.includes(String(node.type))) return false;
  if (node.type === 'path') {
    const getter = compileGetter(node);
    if (getter !== undefined) inputs.push(getter);
    return getter !== undefined;
  }
  if (node.type === 'function' && !isPureCall(node)) return false;
  return Object.entries(node).every(([key, value]) => {
    if (key === 'procedure') return true;
    if (key === 'arguments' || key === 'expressions') {
      return Array.isArray(value) && value.every((each) => collectInputs(each, inputs));
    }
    return plainKeys.includes(key) && (!isRecord(value) || value instanceof RegExp || collectInputs(value, inputs));
  });
}

function isPureCall({ procedure, arguments: given }: Record<string, unknown>): boolean {
  if (!isRecord(procedure) || procedure.type !== 'variable' || !Array.isArray(given)) return false;
  return given.length >= (pureFunctions.get(String(procedure.value)) ?? Number.POSITIVE_INFINITY);
}

function keyOf(inputs: readonly Getter[], input: unknown, bindings: Bindings): string | undefined {
  let key = '';
  for (const read of inputs) {
    const value = read(input, bindings);
    if (value !== undefined && (typeof value !== 'string' || value.length > longest)) return undefined;
    key += value === undefined ? '\u0001' : `\u0002${value.length} ${value}`;
  }
  return key;
}
