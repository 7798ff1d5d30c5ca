import type { Expression } from 'jsonata';
import { require } from '../../util/require.js';
import { type Bindings, type Rule, RuleError } from '../model.js';
import { compileDirect } from './direct.js';
import { exactFunctions } from './exact-functions.js';
import { hasExactLiteral, makeExact } from './exact-tree.js';
import { toRuleError } from './failure.js';
import { undecided } from './getter.js';
import { checkResult, guardFunctions, guardOperators } from './guard.js';
import { mostElements } from './guarded-functions.js';
import { headersRead, inspect } from './inspect.js';
import { LinearRegex } from './linear-regex.js';
import { memoise } from './memo.js';
import { listNodes } from './nodes.js';
import { fieldsRead } from './reads.js';
import { sha256 } from './sha256.js';
import { parseNames } from './simple-path.js';

const jsonata: typeof import('jsonata') = require('jsonata');

/** What is wrong with the text of a rule. `within`: characters [start, end) of it. */
export interface RuleFault {
  readonly rule: `expr-${'syntax' | 'unknown-function' | 'unknown-variable' | 'arguments' | 'regex-unsafe'}`;
  readonly message: string;
  readonly within?: readonly [number, number];
  readonly hint?: string;
}

/** Milliseconds, calls within calls, elements of an array: limits for rules that run away. */
const guards = { timeout: 500, stack: 300, sequence: mostElements };
/** Milliseconds of the processor: who has taken more is not tried again. */
const mostBeforeRetry = guards.timeout / 2;

type Compiled = { readonly rule?: Rule; readonly fault?: RuleFault };

/** The same few expressions stand in most plugins and in hundreds of endpoints. */
const compiled = new Map<string, Compiled>();
const mostCompiled = 2_000;

/** Compiles a JSONata expression (https://docs.jsonata.org): a rule, or what is wrong with it. */
export function compileRule(source: string): Compiled {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  if (compiled.size >= mostCompiled) compiled.clear();
  const made = compile(source);
  compiled.set(source, made);
  return made;
}

function compile(source: string): Compiled {
  const path = parseNames(source);
  if (path !== undefined) {
    return { rule: createRule(source, path) };
  }
  let expression: Expression;
  try {
    expression = parse(source);
  } catch (error) {
    return { fault: syntaxFault(source, error) };
  }
  const ast: unknown = expression.ast();
  const fault = inspect(source, ast);
  return fault === undefined ? { rule: createRule(source, ast) } : { fault };
}

/** JSONata's own form of an expression, with our limits and functions. Throws what JSONata throws if it does not parse. */
export function parse(source: string): Expression {
  const expression = jsonata(source, { ...guards, RegexEngine: regexEngine() });
  expression.registerFunction('sha256', sha256, '<s-:s>');
  builtIns ??= findBuiltIns();
  guardFunctions(expression, builtIns);
  return expression;
}

let builtIns: ((name: string) => unknown) | undefined;

/** The functions that JSONata has, which it gives to nobody but a watcher of an evaluation; that begins at once. */
function findBuiltIns(): (name: string) => unknown {
  let found: ((name: string) => unknown) | undefined;
  const expression = jsonata('1');
  expression.assign(hook('entry'), (_node: unknown, _input: unknown, { lookup }: { lookup(name: string): unknown }) => {
    found = lookup;
  });
  void expression.evaluate(undefined);
  if (found === undefined) throw new Error('JSONata does not call what watches an evaluation');
  return found;
}

/** JSONata's hooks have symbols for names, of which its types know nothing. */
export function hook(when: 'entry' | 'exit'): string {
  return Symbol.for(`jsonata.__evaluate_${when}`) as unknown as string;
}

/** With limits of operators, too: its syntax tree is no longer that of the source. */
function parseGuarded(source: string): Expression {
  const expression = parse(source);
  guardOperators(expression);
  return expression;
}

function createRule(source: string, ast: unknown): Rule {
  const direct = compileDirect(ast, source);
  const headers = headersRead(ast);
  const digested = listNodes(ast).some(({ type, value }) => type === 'variable' && value === 'digest');
  const exactLiteral = hasExactLiteral(ast, source);
  /** For the values that can't be had without JSONata. */
  const expression = () => (guardedExpression ??= parseGuarded(source));
  let guardedExpression: Expression | undefined;
  /**
   * The time limit runs by the clock on the wall: a machine that was busy elsewhere gets a second chance; a rule that has kept
   * it busy itself does not.
   */
  async function run(input: unknown, bindings: Bindings): Promise<unknown> {
    const exactly = bindings.exact ?? input;
    const first = exactLiteral || exactly !== input ? exactExpression() : undefined;
    const before = process.cpuUsage();
    try {
      return await (first === undefined ? runOnce(expression(), input, bindings) : runOnce(first, exactly, bindings));
    } catch (error) {
      // What fails because of an exact number must not fail for it.
      const again = error instanceof RuleError && (first !== undefined || error.reason === 'timeout');
      if (again && milliseconds(process.cpuUsage(before)) < mostBeforeRetry)
        return runOnce(expression(), input, bindings);
      throw error;
    }
  }
  async function runOnce(made: Expression, input: unknown, bindings: Bindings): Promise<unknown> {
    try {
      // The headers are joined, and the digest is written out, only for a rule that reads them.
      const bound = {
        endpoint: bindings.endpoint,
        deliveryId: bindings.deliveryId,
        ...(headers !== undefined && { headers: bindings.headers }),
        ...(digested ? { digest: bindings.digest } : {}),
      };
      const result: unknown = await made.evaluate(input, bound);
      checkResult(result);
      // JSONata's own arrays carry marks of its own.
      return Array.isArray(result) ? Array.from(result) : result;
    } catch (error) {
      throw toRuleError(source, error);
    }
  }
  function evaluate(input: unknown, bindings: Bindings): unknown {
    const value = direct === undefined ? undecided : direct(input, bindings);
    if (value !== undecided) return value;
    slow ??= memoise(ast, run) ?? run;
    return slow(input, bindings);
  }
  /** Undefined: it can only be evaluated as JSONata does it. */
  function exactExpression(): Expression | undefined {
    exact ??= { expression: parseExact(source) };
    return exact.expression;
  }
  let exact: { readonly expression: Expression | undefined } | undefined;
  let slow: Rule['evaluate'] | undefined;
  return Object.freeze({ source, headers: headers ?? [], reads: fieldsRead(source, ast), evaluate });
}

function parseExact(source: string): Expression | undefined {
  const expression = parse(source);
  if (!makeExact(expression.ast(), source)) return undefined;
  for (const [name, made] of Object.entries(exactFunctions)) expression.registerFunction(name, made);
  guardOperators(expression);
  return expression;
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

/** JSONata says `RegExpConstructor`, and uses `new`, `lastIndex` and `exec` of it. */
function regexEngine(): RegExpConstructor {
  return LinearRegex as unknown as RegExpConstructor;
}

function syntaxFault(source: string, error: unknown): RuleFault {
  const { message, position, token } = readError(error);
  const end = Math.min(Math.max(position ?? source.length, 1), source.length);
  const start = token !== undefined && source.slice(end - token.length, end) === token ? end - token.length : end - 1;
  return {
    rule: 'expr-syntax',
    message: `Not a JSONata expression: ${message}`,
    ...(source.length === 0 ? {} : { within: [Math.max(start, 0), end] }),
  };
}

function readError(error: unknown): { message: string; position?: number; token?: string } {
  if (typeof error !== 'object' || error === null) return { message: 'it does not parse' };
  return {
    message: 'message' in error && typeof error.message === 'string' ? error.message : 'it does not parse',
    ...('position' in error && typeof error.position === 'number' ? { position: error.position } : {}),
    ...('token' in error && typeof error.token === 'string' ? { token: error.token } : {}),
  };
}
