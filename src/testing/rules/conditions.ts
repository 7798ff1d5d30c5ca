import { holderOfUnknown, lintExampleFields } from '../../config/plugins/example-fields.js';
import type { Fault } from '../../core/model.js';
import type { Node } from '../../core/rules/nodes.js';
import { spanOf } from '../../core/rules/spans.js';
import type { RuleTrace } from '../../core/rules/trace.js';
import { holds } from '../../core/stages/condition.js';
import { lintFailures, nameType } from './failures.js';
import { amount, type PlacedRule, type RuleOutcome, traced, warn } from './outcomes.js';
import type { Ground } from './specimens.js';

/** So many examples must lack a field before its absence says anything: many are shortened. */
const enough = 3;

/** Objects in which merchants have fields of their own. */
const freeForm = /meta|custom|note|tag|label|attribute|param|passthrough|additional|extra|propert|variable/i;

/** What is wrong with a condition, as warnings. `outcomes`: of the examples that reach it. */
export async function lintCondition(
  placed: PlacedRule,
  outcomes: readonly RuleOutcome[],
  ground: Ground,
): Promise<readonly Fault[]> {
  const certain = [
    ...(await lintComparisons(placed, outcomes)),
    ...lintExampleFields(placed.rule, placed.pointer, ground),
  ];
  const doubtful = certain.length > 0 ? [] : lintNeverTrue(placed, outcomes, ground);
  return [...(await lintFailures(placed, outcomes)), ...certain, ...doubtful];
}

/** Whether the condition held. */
export function isTaken({ error, value }: RuleOutcome): boolean {
  return error === undefined && holds(value);
}

/**
 * A condition that held for no example, and reads a field that neither an example nor a schema has, as a warning at that
 * field. A condition that is only rare (`amount >= 1000000`) reads what is there.
 */
function lintNeverTrue(placed: PlacedRule, outcomes: readonly RuleOutcome[], ground: Ground): readonly Fault[] {
  if (outcomes.length < enough || outcomes.some(({ error, value }) => error !== undefined || holds(value))) return [];
  const absent = placed.rule.reads.find((read) => {
    const holder = holderOfUnknown(read, ground);
    return holder !== undefined && holder.objects >= enough && !read.path.slice(0, -1).some(isFreeForm);
  });
  if (absent === undefined) return [];
  const message = `This condition holds for none of the ${outcomes.length} example events that get to it: neither they nor a schema have ${absent.path.join('.')}`;
  return [warn(placed, 'expr-never-true', absent.within, message)];
}

function isFreeForm(name: string): boolean {
  return freeForm.test(name);
}

/** Comparisons by `=` and `!=` whose sides are of different types in every example, as warnings. */
export async function lintComparisons(placed: PlacedRule, outcomes: readonly RuleOutcome[]): Promise<readonly Fault[]> {
  if (!placed.rule.source.includes('=')) return [];
  const rule = traced(placed);
  const candidates = new Set(rule?.nodes.filter(isComparison));
  const differing = new Map<Node, { readonly types: readonly [string, string]; count: number }>();
  for (const { specimen } of outcomes) {
    if (rule === undefined || candidates.size === 0) break;
    const trace = await rule.trace(specimen.value, specimen.bindings);
    for (const node of candidates) {
      const pairs = pairsOf(node, trace);
      const [types] = pairs;
      if (pairs.some((each) => !differ(...each))) candidates.delete(node);
      else if (types !== undefined) {
        differing.set(node, { types, count: (differing.get(node)?.count ?? 0) + 1 });
      }
    }
  }
  return [...differing].flatMap(([node, { types, count }]) => {
    if (!candidates.has(node)) return [];
    const says = node.value === '=' ? 'can never hold' : 'always holds';
    const message = `This comparison ${says}: its sides are ${types.join(' and ')} in ${amount(count, count)}`;
    return [warn(placed, 'expr-types-differ', spanOf(placed.rule.source, node), message)];
  });
}

function isComparison({ type, value }: Node): boolean {
  return type === 'binary' && (value === '=' || value === '!=');
}

/** The types on both sides, each time that both were there. */
function pairsOf(node: Node, { values }: RuleTrace): readonly (readonly [string, string])[] {
  const [left, right] = [values.get(node.lhs) ?? [], values.get(node.rhs) ?? []];
  return left.flatMap((value, index) => {
    const other = right[index];
    return value === undefined || other === undefined ? [] : [[nameType(value), nameType(other)] as const];
  });
}

/** `null` can stand in the place of any value, and lists are compared element by element or as wholes. */
function differ(left: string, right: string): boolean {
  const plain = ['a text', 'a number', 'a boolean'];
  return left !== right && plain.includes(left) && plain.includes(right);
}
