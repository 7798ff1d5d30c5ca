import { configRules } from './rules/config.js';
import type { RuleDefinition } from './rules/definition.js';
import { endpointRules } from './rules/endpoints.js';
import { expressionRules } from './rules/expressions.js';
import { pluginRules } from './rules/plugins.js';
import { routeRules } from './rules/routes.js';
import { secretRules } from './rules/secrets.js';

/** Every rule of the linter, in the order of the documentation. */
export const ruleDefinitions: readonly RuleDefinition[] = [
  ...configRules,
  ...secretRules,
  ...endpointRules,
  ...routeRules,
  ...expressionRules,
  ...pluginRules,
];

/** The rules whose warnings can be turned off or made errors. */
export const changeableRules: readonly string[] = ruleDefinitions
  .filter(({ severity }) => severity === 'warning')
  .map(({ id }) => id);

/** Where the documentation has a page about a rule. */
export function rulePage(id: string): string {
  return `https://webhook-gateway.dev/rules/${id}`;
}
