import type { Fault, Rule } from '../../core/model.js';
import { type PlacedRule, type RuleOutcome, warn } from './outcomes.js';
import type { Specimen } from './specimens.js';

const id = 'expr-constant';

/** A key that is the same for examples about different things, as a warning. `account`: by whose field a key may well go. */
export function lintConstantKey(
  placed: PlacedRule,
  outcomes: readonly RuleOutcome[],
  account: Rule | undefined,
): readonly Fault[] {
  const keyed = outcomes.filter(({ value }) => value !== undefined && value !== null && value !== '');
  const keys = new Set(keyed.map(({ value }) => value));
  const subjects = new Set(keyed.map(({ specimen }) => aboutWhat(specimen)));
  if (keyed.length < outcomes.length || keys.size !== 1 || subjects.size < 2) return [];
  const reads = placed.rule.reads.map(({ path }) => path.join('.'));
  const owners = new Set(account?.reads.map(({ path }) => path.join('.')));
  // The examples may all be of one customer, who is named by a number or so.
  if (reads.some((path) => owners.has(path)) || (reads.length > 0 && /\d/.test(String([...keys][0])))) return [];
  const message = `This key is the same for all ${keyed.length} example events that get to it, which are about ${subjects.size} different things`;
  return [warn(placed, id, undefined, message, 'one partition would take them all')];
}

function aboutWhat({ event: { subject, id } }: Specimen): string {
  return subject ?? id;
}

/** An id that is the same for different examples, as a warning. */
export function lintConstantId(pointer: string, specimens: readonly Specimen[]): readonly Fault[] {
  const ids = new Set(specimens.map(({ event: { id } }) => id));
  const different = new Set(specimens.map(({ bindings }) => bindings.digest));
  if (ids.size !== 1 || different.size < 2) return [];
  const message = `The id is the same for all ${specimens.length} example events, which are different`;
  return [{ rule: id, severity: 'warning', pointer, message, hint: 'it names nothing' }];
}
