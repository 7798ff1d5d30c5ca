import type { Fault, FieldRead, Rule } from '../../core/model.js';
import { findMissingField, isSlip, unknownField } from './fields.js';
import { childSchema, declaredNames, type Schema } from './schema-tree.js';
import { type Shape, shapeAt } from './shape.js';

/** What is known of a provider's payloads: the fields that its examples have, and JSON Schemas. */
export interface Knowledge {
  readonly shape: Shape;
  readonly schemas: readonly object[];
}

/**
 * Fields that the rule at `pointer` reads, that neither an example nor a schema has, and that are a typo beside
 * one that the examples have at that place, as warnings. What the schemas alone tell is left to `lintFields`.
 */
export function lintExampleFields(rule: Rule, pointer: string, known: Knowledge): Fault[] {
  const told = new Set<string>();
  return rule.reads.flatMap((read) => {
    const path = read.path.join('.');
    const near = told.has(path) ? undefined : nearName(read, known);
    if (near === undefined) return [];
    told.add(path);
    return [unknownField(read, pointer, `No example and no schema of the plugin has ${path}`, near)];
  });
}

function nearName(read: FieldRead, known: Knowledge): string | undefined {
  const holder = holderOfUnknown(read, known);
  const last = read.path.at(-1) ?? '';
  return holder && [...holder.fields.keys()].find((name) => isSlip(last, name));
}

/** What the field would be in, if the examples have that, and neither they nor a schema have the field itself. */
export function holderOfUnknown(read: FieldRead, { shape, schemas }: Knowledge): Shape | undefined {
  const holder = shapeAt(shape, read.path.slice(0, -1));
  const last = read.path.at(-1) ?? '';
  if (holder === undefined || holder.objects === 0 || holder.fields.has(last)) return undefined;
  return schemas.some((root) => declares(root, read.path)) || isTold(schemas, read) ? undefined : holder;
}

function declares(root: object, path: readonly string[]): boolean {
  const whole: Schema = { root, node: root };
  const holder = path.slice(0, -1).reduce<Schema | undefined>((at, name) => at && childSchema(at, name), whole);
  return holder !== undefined && declaredNames(holder).has(path.at(-1) ?? '');
}

/** As `lintFields` tells it: one schema that is silent about the place keeps it from doing so. */
function isTold(schemas: readonly object[], read: FieldRead): boolean {
  return schemas.length > 0 && schemas.every((root) => findMissingField(root, read) !== undefined);
}
