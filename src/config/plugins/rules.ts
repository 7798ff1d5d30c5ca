import type { Fault, Rule } from '../../core/model.js';
import { compileRule } from '../../core/rules/compile.js';

/** Compiles the rule at `pointer` of its document; what is wrong with it goes to `faults`. */
export function ruleAt(source: string, pointer: string, faults: Fault[]): Rule | undefined {
  const { rule, fault } = compileRule(source);
  if (fault !== undefined) faults.push({ ...fault, severity: 'error', pointer });
  return rule;
}
