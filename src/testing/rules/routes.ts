import type { RouteDeclaration } from '../../config/plugins/declaration.js';
import { lintExampleFields } from '../../config/plugins/example-fields.js';
import type { Fault, Rule } from '../../core/model.js';
import { compileRule } from '../../core/rules/compile.js';
import { compileEvents } from '../../core/rules/events.js';
import { isTaken, lintComparisons, lintCondition } from './conditions.js';
import { lintConstantKey } from './constants.js';
import { lintFailures } from './failures.js';
import { type PlacedRule, runRule } from './outcomes.js';
import { lintParts } from './parts.js';
import type { Ground, Specimen } from './specimens.js';

/**
 * Tries the rules of routes, in their order, on the examples. An example reaches a condition if its type fits the route and
 * no route before took it; it reaches a key if the condition holds as well. Where it holds for none, what reached the
 * condition is taken for the key: a large amount may be missing from the examples, the fields of the key should not be.
 * What is wrong comes as warnings. `pointer`: of the list. `account`: the plugin's rule.
 */
export async function tryRoutes(
  routes: readonly (Partial<RouteDeclaration> | undefined)[],
  pointer: string,
  ground: Ground,
  account: Rule | undefined,
): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  let left = ground.specimens;
  for (const [index, route] of routes.entries()) {
    if (route === undefined) continue;
    const { events, when, key } = route;
    const at = `${pointer}/${index}`;
    const fits = events === undefined ? () => true : compileEvents(events);
    const reached = left.filter(({ event }) => fits(event.type));
    const condition = place(when, `${at}/when`, 'when');
    // What is wrong with the condition itself is told elsewhere, and nobody knows what it takes.
    if (when !== undefined && condition === undefined) continue;
    const taken = condition === undefined ? reached : await tryCondition(condition, reached, ground, faults);
    const keyed = taken.length === 0 ? reached : taken;
    const partition = place(key, `${at}/key`, 'key');
    if (partition !== undefined) faults.push(...(await tryKey(partition, keyed, ground, account)));
    left = left.filter((specimen) => !taken.includes(specimen));
  }
  return faults;
}

function place(source: string | undefined, pointer: string, use: PlacedRule['use']): PlacedRule | undefined {
  const { rule } = source === undefined ? {} : compileRule(source);
  return rule && { rule, pointer, use };
}

async function tryCondition(
  condition: PlacedRule,
  reached: readonly Specimen[],
  ground: Ground,
  faults: Fault[],
): Promise<readonly Specimen[]> {
  const outcomes = await runRule(condition, reached);
  faults.push(...(await lintCondition(condition, outcomes, ground)));
  return outcomes.filter(isTaken).map(({ specimen }) => specimen);
}

async function tryKey(
  key: PlacedRule,
  reached: readonly Specimen[],
  ground: Ground,
  account: Rule | undefined,
): Promise<readonly Fault[]> {
  const outcomes = await runRule(key, reached);
  const unknown = lintExampleFields(key.rule, key.pointer, ground);
  // A field that is a typo explains what is missing, and that why all keys are the same.
  const missing = unknown.length > 0 ? unknown : await lintParts(key, outcomes);
  return [
    ...(await lintFailures(key, outcomes)),
    ...missing,
    ...(await lintComparisons(key, outcomes)),
    ...(missing.length > 0 ? [] : lintConstantKey(key, outcomes, account)),
  ];
}
