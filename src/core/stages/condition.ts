import { compareNumbers, ExactNumber } from '../../util/json/number.js';
import type { Bindings, Rule } from '../model.js';

/** Whether a condition's value counts as true, as JSONata's own `$boolean` has it (https://docs.jsonata.org/boolean-functions). */
export function holds(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holds);
  if (value instanceof ExactNumber) return compareNumbers(value, 0) !== 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/**
 * The first of the candidates whose condition holds; a promise of it only where a condition can't be decided at once. A promise is
 * rejected with a `RuleError` if a condition fails before.
 */
export function findFirst<Candidate extends { readonly when?: Rule }>(
  candidates: readonly Candidate[],
  input: unknown,
  bindings: Bindings,
  trace?: { condition?(of: NoInfer<Candidate>, value: unknown): void },
  from = 0,
): Candidate | undefined | Promise<Candidate | undefined> {
  for (let index = from; index < candidates.length; index++) {
    const candidate = candidates[index];
    if (candidate?.when === undefined) return candidate;
    const value = candidate.when.evaluate(input, bindings);
    trace?.condition?.(candidate, value);
    if (value instanceof Promise) {
      return value.then((settled) =>
        holds(settled) ? candidate : findFirst(candidates, input, bindings, trace, index + 1),
      );
    }
    if (holds(value)) return candidate;
  }
  return undefined;
}
