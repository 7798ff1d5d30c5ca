import type { Fault } from '../../core/model.js';
import type { Node } from '../../core/rules/nodes.js';
import { spanOf } from '../../core/rules/spans.js';
import { compileTrace, type RuleTrace } from '../../core/rules/trace.js';
import { amount, type PlacedRule, type RuleOutcome, type RuleUse, warn } from './outcomes.js';

const consequences: { readonly [use in RuleUse]: string } = {
  id: 'event_unidentified',
  type: 'event_unidentified',
  time: 'event_unidentified',
  subject: 'event_unidentified',
  livemode: 'event_unidentified',
  account: 'event_unidentified',
  schema: 'schema_none',
  when: 'rule_failed',
  key: 'rule_failed',
};

/** A rule that fails on examples, or a key that is not a text, as a warning at the part that fails. */
export async function lintFailures(placed: PlacedRule, outcomes: readonly RuleOutcome[]): Promise<readonly Fault[]> {
  const failing = outcomes.filter((outcome) => outcome.error !== undefined || isNoKey(placed, outcome));
  const [first] = failing;
  if (first === undefined) return [];
  const { reason, within } = await explain(placed, first);
  const named = failing.length === outcomes.length ? '' : `, ${first.specimen.example} for one`;
  return [
    warn(
      placed,
      'expr-fails',
      within,
      `This rule fails on ${amount(failing.length, outcomes.length)}${named}: ${reason}`,
      `such an event becomes a dead letter (${consequences[placed.use]})`,
    ),
  ];
}

function isNoKey({ use }: PlacedRule, { value }: RuleOutcome): boolean {
  return use === 'key' && typeof value === 'object' && value !== null;
}

async function explain(
  { rule: { source } }: PlacedRule,
  { specimen, error, value }: RuleOutcome,
): Promise<{ readonly reason: string; readonly within?: readonly [number, number] }> {
  if (error === undefined) return { reason: `it gives ${nameType(value)}, and a key is a text` };
  const trace = await compileTrace(source).trace(specimen.value, specimen.bindings);
  const within = spanOf(source, trace.failed);
  const reason = explainOperator(trace.failed, trace) ?? error.message.replace(/ at character \d+| \([A-Z]\d+\)$/g, '');
  return { reason, ...(within !== undefined && { within }) };
}

const comparisons = ['<', '<=', '>', '>='];
const arithmetic = ['+', '-', '*', '/', '%'];

function explainOperator(node: Node | undefined, { values }: RuleTrace): string | undefined {
  if (node?.type !== 'binary') return undefined;
  const operator = String(node.value);
  const [left, right] = [values.get(node.lhs)?.at(-1), values.get(node.rhs)?.at(-1)];
  const got = `${nameType(left)} and ${nameType(right)}`;
  if (comparisons.includes(operator)) return `${operator} needs two numbers or two texts, and gets ${got}`;
  return arithmetic.includes(operator) ? `${operator} needs two numbers, and gets ${got}` : undefined;
}

/** With its article. */
export function nameType(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const names: { readonly [type: string]: string } = { string: 'a text', number: 'a number', boolean: 'a boolean' };
  return names[typeof value] ?? 'an object';
}
