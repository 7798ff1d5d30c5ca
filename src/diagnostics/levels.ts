import type { Diagnostic } from './diagnostic.js';

/** What a rule's warnings count as. */
export type RuleLevel = 'off' | 'warn' | 'error';

/** Rule id → level. */
export type RuleLevels = { readonly [rule: string]: RuleLevel | undefined };

/** The warnings as `levels` have them. An error stays one: the gateway can't start with it. */
export function applyLevels(diagnostics: readonly Diagnostic[], levels: RuleLevels): readonly Diagnostic[] {
  return diagnostics.flatMap((diagnostic) => {
    const level = Object.hasOwn(levels, diagnostic.rule) ? levels[diagnostic.rule] : undefined;
    if (diagnostic.severity === 'error' || level === undefined || level === 'warn') return [diagnostic];
    return level === 'off' ? [] : [{ ...diagnostic, severity: 'error' }];
  });
}
