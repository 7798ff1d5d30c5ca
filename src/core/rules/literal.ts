import { ExactNumber, losesValue } from '../../util/json/number.js';
import type { Node } from './nodes.js';

/**
 * The number that a literal of a rule stands for: an `ExactNumber` where JavaScript has another value for it than the one
 * that is written, such as 9007199254740993. `source`: of the rule; JSONata's own tree has the rounded value only.
 */
export function literalOf({ value, position }: Node, source: string): unknown {
  if (typeof value !== 'number' || typeof position !== 'number') return value;
  const [digits] = /\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/.exec(source.slice(0, position)) ?? [];
  // JSONata has put the sign of a negative number into the value.
  if (digits === undefined || Number(digits) !== Math.abs(value) || !losesValue(digits)) return value;
  return new ExactNumber(value < 0 ? `-${digits}` : digits);
}
