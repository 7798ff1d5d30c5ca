import { holderOfUnknown } from '../../config/plugins/example-fields.js';
import type { Fault } from '../../core/model.js';
import { isNode, type Node } from '../../core/rules/nodes.js';
import { spanOf } from '../../core/rules/spans.js';
import { amount, type PlacedRule, type RuleOutcome, traced, warn } from './outcomes.js';
import type { Ground } from './specimens.js';

const id = 'expr-part-missing';

/** A key that finds nothing is the subject, which many a plugin counts on: so many examples must lack it. */
const enough = 3;

/**
 * Parts of a text put together with `&` that are missing in every example, so that they add nothing; and a key
 * that finds nothing at all. As warnings at the part.
 */
export async function lintParts(placed: PlacedRule, outcomes: readonly RuleOutcome[]): Promise<readonly Fault[]> {
  const sound = outcomes.filter(({ error }) => error === undefined);
  if (sound.length === 0) return [];
  if (placed.use === 'key' && sound.every(isNothing)) {
    if (sound.length < enough) return [];
    const message = `This key finds nothing in ${amount(sound.length, sound.length)}`;
    return [warn(placed, id, undefined, message, 'the key is then the subject of the event, else its id')];
  }
  const { source } = placed.rule;
  const missing = await findMissing(placed, sound);
  return missing.map(([node, count]) => {
    const span = spanOf(source, node);
    const part = span === undefined ? 'A part' : `The part ${source.slice(...span)}`;
    return warn(placed, id, span, `${part} is missing in ${amount(count, count)}`, hints[placed.use]);
  });
}

/** A part of an id that is a list, if no example has it and no schema knows of it, as a warning. */
export function lintListedPart(placed: PlacedRule, outcomes: readonly RuleOutcome[], ground: Ground): readonly Fault[] {
  const found = outcomes.some(({ error, value }) => error !== undefined || isText(value));
  const { reads } = placed.rule;
  if (outcomes.length === 0 || found) return [];
  if (reads.length > 0 && reads.every((read) => holderOfUnknown(read, ground) === undefined)) return [];
  const message = `This part of the id is missing in ${amount(outcomes.length, outcomes.length)}`;
  return [warn(placed, id, undefined, message, 'the digest of the payload stands for it: the id then names no event')];
}

function isNothing({ value }: RuleOutcome): boolean {
  return value === undefined || value === null || value === '';
}

function isText(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean';
}

const hints: { readonly [use: string]: string } = {
  key: 'what is missing adds nothing to the key: events that have nothing in common get the same one',
  id: 'what is missing adds nothing to the id: different events can get the same one',
};

/** With how often each was looked for. */
async function findMissing(placed: PlacedRule, outcomes: readonly RuleOutcome[]): Promise<readonly [Node, number][]> {
  if (!placed.rule.source.includes('&')) return [];
  const rule = traced(placed);
  const candidates = new Set(rule?.nodes.flatMap(partsOf));
  const looked = new Map<Node, number>();
  if (rule === undefined || candidates.size === 0) return [];
  for (const { specimen } of outcomes) {
    const { values } = await rule.trace(specimen.value, specimen.bindings);
    for (const part of candidates) {
      const seen = values.get(part) ?? [];
      if (seen.some((value) => value !== undefined)) candidates.delete(part);
      else if (seen.length > 0) looked.set(part, (looked.get(part) ?? 0) + 1);
    }
    if (candidates.size === 0) break;
  }
  return [...looked].filter(([part]) => candidates.has(part));
}

/** What `&` puts together. */
function partsOf({ type, value, lhs, rhs }: Node): readonly Node[] {
  if (type !== 'binary' || value !== '&') return [];
  return [lhs, rhs].filter(isNode).filter((part) => !isOptional(part));
}

/** `(a ? b)` says itself that it may be nothing. */
function isOptional(node: Node): boolean {
  if (node.type === 'block' && Array.isArray(node.expressions)) return node.expressions.some(isOptionalNode);
  return isOptionalNode(node);
}

function isOptionalNode(node: unknown): boolean {
  return isNode(node) && node.type === 'condition' && node.else === undefined;
}
