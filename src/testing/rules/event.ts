import type { OptionalFact, PluginDeclaration } from '../../config/plugins/declaration.js';
import { lintExampleFields } from '../../config/plugins/example-fields.js';
import type { Fault, Provider } from '../../core/model.js';
import { compileRule } from '../../core/rules/compile.js';
import { isTaken, lintComparisons, lintCondition } from './conditions.js';
import { lintConstantId } from './constants.js';
import { lintFailures } from './failures.js';
import { amount, type PlacedRule, type RuleOutcome, runRule, warn } from './outcomes.js';
import { lintListedPart, lintParts } from './parts.js';
import type { Ground, Specimen } from './specimens.js';

const facts: readonly OptionalFact[] = ['time', 'subject', 'livemode', 'account'];
const forms: { readonly [fact in OptionalFact]: string } = {
  time: 'no time of RFC 3339',
  livemode: 'neither true nor false',
  subject: 'neither a text nor a number',
  account: 'neither a text nor a number',
};

/** Tries the event rules of a plugin on its examples. What is wrong with them comes as warnings, under pointers of plugin.yaml. */
export async function tryEvent(declared: PluginDeclaration['event'], ground: Ground): Promise<readonly Fault[]> {
  const ids = [declared.id].flat().map((source, index) => {
    const pointer = Array.isArray(declared.id) ? `/event/id/${index}` : '/event/id';
    return place(source, pointer, 'id');
  });
  const type = place(declared.type, '/event/type', 'type');
  const found = await Promise.all([
    ...[...ids, type].map((placed) => tryRule(placed, ground)),
    ...facts.map((fact) => tryFact(declared[fact], fact, ground)),
    Array.isArray(declared.id) ? tryListedParts(ids, ground) : [],
  ]);
  return [...found.flat(), ...lintConstantId('/event/id', ground.specimens)];
}

function place(source: string, pointer: string, use: PlacedRule['use']): PlacedRule | undefined {
  const { rule } = compileRule(source);
  return rule && { rule, pointer, use };
}

async function tryRule(placed: PlacedRule | undefined, ground: Ground): Promise<readonly Fault[]> {
  return placed === undefined ? [] : lintRule(placed, await runRule(placed, ground.specimens), ground);
}

async function lintRule(
  placed: PlacedRule,
  outcomes: readonly RuleOutcome[],
  ground: Ground,
): Promise<readonly Fault[]> {
  return [
    ...(await lintFailures(placed, outcomes)),
    ...(await lintParts(placed, outcomes)),
    ...(await lintComparisons(placed, outcomes)),
    ...lintExampleFields(placed.rule, placed.pointer, ground),
  ];
}

async function tryListedParts(parts: readonly (PlacedRule | undefined)[], ground: Ground): Promise<readonly Fault[]> {
  const found = parts.map(async (placed) =>
    placed === undefined ? [] : lintListedPart(placed, await runRule(placed, ground.specimens), ground),
  );
  return (await Promise.all(found)).flat();
}

async function tryFact(source: string | undefined, fact: OptionalFact, ground: Ground): Promise<readonly Fault[]> {
  const placed = source === undefined ? undefined : place(source, `/event/${fact}`, fact);
  if (placed === undefined) return [];
  const outcomes = await runRule(placed, ground.specimens);
  return [...(await lintRule(placed, outcomes, ground)), ...lintIgnored(placed, fact, outcomes)];
}

/**
 * A fact that is not what it must be is left out of the event. Of times that is often meant so, for those that have no time
 * zone, or in some events: then nothing is told.
 */
function lintIgnored(placed: PlacedRule, fact: OptionalFact, outcomes: readonly RuleOutcome[]): readonly Fault[] {
  const ignored = outcomes.filter(
    ({ value, specimen: { event, identified } }) => identified && event[fact] === undefined && isSomething(value),
  );
  const given = outcomes.filter(({ value }) => isSomething(value));
  if (ignored.length === 0 || (fact === 'time' && (ignored.length < given.length || ignored.every(isLocalTime))))
    return [];
  const message = `The ${fact} is ${forms[fact]} in ${amount(ignored.length, outcomes.length)}`;
  return [warn(placed, 'event-value-ignored', undefined, message, `the event then has no ${fact}`)];
}

function isLocalTime({ value }: RuleOutcome): boolean {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(value);
}

function isSomething(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** Tries the conditions by which a plugin chooses a schema: each on the examples that none before took. */
export async function trySchemas(schemas: Provider['schemas'], ground: Ground): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  let reached: readonly Specimen[] = ground.specimens;
  for (const [index, { when }] of schemas.entries()) {
    if (when === undefined) break;
    const placed: PlacedRule = { rule: when, pointer: `/schemas/${index}/when`, use: 'schema' };
    const outcomes = await runRule(placed, reached);
    faults.push(...(await lintCondition(placed, outcomes, ground)));
    const taken = new Set(outcomes.filter(isTaken).map(({ specimen }) => specimen));
    reached = reached.filter((specimen) => !taken.has(specimen));
  }
  return faults;
}
