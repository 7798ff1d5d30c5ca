import { type Bindings, type Rule, RuleError } from '../../core/model.js';
import { ExactNumber } from '../../util/json/number.js';

/** What a rule is evaluated on: an event of an example, say. */
export interface Subject {
  /** Name of the example. */
  readonly example: string;
  /** JSON pointer of its item; empty for the whole. */
  readonly item: string;
  readonly value: unknown;
  readonly bindings: Bindings;
}

export const valueTypes = ['nothing', 'null', 'boolean', 'number', 'string', 'array', 'object', 'function'] as const;

export type ValueType = (typeof valueTypes)[number];

/** What a rule gave for one of them. */
export interface Evaluation {
  readonly example: string;
  readonly item?: string;
  /** Absent: nothing. May have `ExactNumber`s. */
  readonly value?: unknown;
  readonly type: ValueType;
  readonly ms: number;
  /** Why it failed. */
  readonly error?: string;
}

/**
 * Evaluates a rule on each of them, in order. What one evaluation may take, the rule itself bounds; after `patience`
 * milliseconds no other is begun, so that there may be fewer results than subjects.
 */
export async function evaluateOn(
  rule: Rule,
  subjects: readonly Subject[],
  { patience }: { readonly patience: number },
): Promise<readonly Evaluation[]> {
  const results: Evaluation[] = [];
  const started = performance.now();
  for (const { example, item, value, bindings } of subjects) {
    if (performance.now() - started > patience) break;
    const before = performance.now();
    const result = await evaluate(rule, value, bindings);
    const ms = Math.round((performance.now() - before) * 10) / 10;
    results.push({ example, ...(item !== '' && { item }), ...result, ms });
  }
  return results;
}

async function evaluate(
  rule: Rule,
  input: unknown,
  bindings: Bindings,
): Promise<Pick<Evaluation, 'value' | 'type' | 'error'>> {
  try {
    const value = await rule.evaluate(input, bindings);
    return { ...(value !== undefined && { value }), type: typeOf(value) };
  } catch (error) {
    if (error instanceof RuleError) return { type: 'nothing', error: error.message };
    throw error;
  }
}

function typeOf(value: unknown): ValueType {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof ExactNumber) return 'number';
  return valueTypes.find((type) => type === typeof value) ?? 'object';
}
