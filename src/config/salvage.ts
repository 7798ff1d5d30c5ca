import type { ErrorObject } from 'ajv';
import { fromPointer, toPointer } from '../diagnostics/pointer.js';
import { compileCheck } from '../diagnostics/schema-check.js';
import { isContainer } from '../util/values.js';
import type { PartialGateway } from './declaration.js';

/** Lists whose items keep their places: of one that is not sound, `{}` or what is left of it stays. */
const lists = new Set(['endpoints', 'secrets', 'routes']);

/** What is taken out can bring about no more than so many rounds of errors. */
const mostRounds = 5;

/**
 * What is left of a gateway.yaml that its schema does not let through, without every value that is not sound by itself:
 * its other faults can be found all the same. Whatever has to be there may be missing. `unset`: JSON pointers of texts that
 * are not known.
 */
export function salvage(schema: object, value: unknown, unset: readonly string[]): PartialGateway {
  const rest: unknown = structuredClone(value);
  for (const pointer of unset) takeOut(rest, fromPointer(pointer));
  const check = compileCheck<PartialGateway>(looseSchema(schema));
  for (let round = 0; round < mostRounds; round++) {
    const checked = check(rest);
    if ('value' in checked) return checked.value;
    for (const error of checked.errors) takeOut(rest, fromPointer(pointerOf(error)));
  }
  return {};
}

function pointerOf({ instancePath, params, propertyName }: ErrorObject): string {
  const key: unknown = params.additionalProperty ?? params.unevaluatedProperty ?? propertyName;
  return typeof key === 'string' ? instancePath + toPointer(key) : instancePath;
}

function takeOut(root: unknown, segments: readonly string[]): void {
  let holder = root;
  for (const [index, segment] of segments.entries()) {
    if (!isContainer(holder) || !Object.hasOwn(holder, segment)) return;
    const child = holder[segment];
    const isLast = index === segments.length - 1;
    if (isLast && Array.isArray(holder)) holder[Number(segment)] = {};
    else if (isLast || (Array.isArray(child) && !lists.has(segment))) {
      delete holder[segment];
      return;
    }
    holder = child;
  }
}

const loosened = new WeakMap<object, object>();

/** The schema without what says that something must be there. */
function looseSchema(schema: object): object {
  const known = loosened.get(schema);
  if (known !== undefined) return known;
  const { $id: _, ...rest } = Object(loosen(schema));
  loosened.set(schema, rest);
  return rest;
}

const presence = new Set(['required', 'minItems', 'minProperties']);
const byName = new Set(['properties', 'patternProperties', '$defs']);
const verbatim = new Set(['const', 'enum', 'default', 'examples']);

function loosen(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(loosen);
  if (!isContainer(node)) return node;
  const kept = Object.entries(node).filter(([key, value]) => !presence.has(key) && !isChoiceOfKeys(key, value));
  return Object.fromEntries(
    kept.map(([key, value]) => {
      if (verbatim.has(key)) return [key, value];
      if (!byName.has(key) || !isContainer(value)) return [key, loosen(value)];
      return [key, Object.fromEntries(Object.entries(value).map(([name, each]) => [name, loosen(each)]))];
    }),
  );
}

function isChoiceOfKeys(key: string, value: unknown): boolean {
  if ((key !== 'oneOf' && key !== 'anyOf') || !Array.isArray(value)) return false;
  return value.every((branch) => isContainer(branch) && Object.keys(branch).every((each) => each === 'required'));
}
