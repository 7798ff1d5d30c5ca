import { type Fault, type Rule, RuleError } from '../../core/model.js';
import { compileTrace, type TracedRule } from '../../core/rules/trace.js';
import type { Specimen } from './specimens.js';

/** What a rule decides. */
export type RuleUse = 'id' | 'type' | 'time' | 'subject' | 'livemode' | 'account' | 'schema' | 'when' | 'key';

/** A rule with its place in a document. */
export interface PlacedRule {
  readonly rule: Rule;
  readonly pointer: string;
  readonly use: RuleUse;
}

/** What a rule gave for a specimen. */
export interface RuleOutcome {
  readonly specimen: Specimen;
  readonly value?: unknown;
  readonly error?: RuleError;
}

/** Evaluates a rule on the specimens that reach it, but for those that lack a header which it reads. */
export async function runRule({ rule }: PlacedRule, reached: readonly Specimen[]): Promise<readonly RuleOutcome[]> {
  const able = reached.filter(({ unsigned }) => !rule.headers.some((name) => unsigned.has(name)));
  return Promise.all(
    able.map(async (specimen) => {
      try {
        return { specimen, value: await rule.evaluate(specimen.value, specimen.bindings) };
      } catch (error) {
        if (error instanceof RuleError) return { specimen, error };
        throw error;
      }
    }),
  );
}

/** A warning about a rule, or a part of it. */
export function warn(
  { pointer }: PlacedRule,
  id: string,
  within: readonly [number, number] | undefined,
  message: string,
  hint?: string,
): Fault {
  return {
    rule: id,
    severity: 'warning',
    pointer,
    message,
    ...(within !== undefined && { within }),
    ...(hint !== undefined && { hint }),
  };
}

/** The rule as one whose parts can be watched; undefined where it is nothing but a path of names. */
export function traced({ rule }: PlacedRule): TracedRule | undefined {
  return /^[\w.]+$/.test(rule.source) ? undefined : compileTrace(rule.source);
}

/** `all 7 example events`: of those that reach the rule. */
export function amount(some: number, all: number): string {
  if (all === 1) return 'the only example event that gets to it';
  return some === all
    ? `all ${all} example events that get to it`
    : `${some} of the ${all} example events that get to it`;
}
