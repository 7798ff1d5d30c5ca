import { textOf } from '../../util/json/number.js';
import type { Rule } from '../model.js';

/**
 * One rule of several: the text of each, joined by `.`. A part that is missing, empty, or neither a text, a number nor a
 * boolean is the digest of the item's bytes.
 */
export function joinParts(parts: readonly Rule[]): Rule {
  return Object.freeze({
    source: parts.map(({ source }) => source).join(', '),
    headers: [...new Set(parts.flatMap(({ headers }) => headers))],
    reads: [],
    evaluate(input, bindings) {
      const values = parts.map((part) => part.evaluate(input, bindings));
      const join = (settled: readonly unknown[]) => settled.map((value) => toText(value) ?? bindings.digest).join('.');
      return values.some((value) => value instanceof Promise) ? Promise.all(values).then(join) : join(values);
    },
  } satisfies Rule);
}

function toText(value: unknown): string | undefined {
  return typeof value === 'boolean' ? String(value) : textOf(value);
}
