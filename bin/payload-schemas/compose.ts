import { both, either, type Field, type Source, toWish, type Wish } from './fields.js';
import { isList, type Json, type JsonObject, type Nulls, toSchema, type Writing } from './write.js';

const draft = 'https://json-schema.org/draft/2020-12/schema';

/** A kind of object that a provider's events carry. */
export interface ObjectMap {
  /** Names the type that consumers get. */
  readonly title: string;
  /** Its names in the sources: what any of them says may come. `a#b` is the member `b` of `a`, `a & b` has the members of both. */
  readonly from: readonly string[];
  /** Where it is: JSON Pointer in the schema, of an object whose members are made as they are needed. */
  readonly at: string;
  /** It is only there where members of `at` have these values: a text, one of several, or, from a `^` on, what a pattern fits. */
  readonly when?: { readonly [name: string]: string | readonly string[] };
  /** The member of `at` that has the object; absent: `at` itself. */
  readonly member?: string;
  /** Members whose own members are looked at; dotted. */
  readonly deep?: readonly string[];
  /** Members that are left out; `a#b` is the member `b` of the member `a`. */
  readonly without?: readonly string[];
  /** Schemas of members that no source tells, or tells wrongly. */
  readonly fields?: JsonObject;
}

/** How a plugin's schema is made. */
export interface SchemaMap {
  readonly nulls: Nulls;
  /** What all events share. */
  readonly envelope: JsonObject;
  readonly objects: readonly ObjectMap[];
}

/** The schema of a plugin. Throws an `Error` if no source knows an object. */
export function compose(map: SchemaMap, sources: readonly Source[], comment: string): JsonObject {
  const { envelope, objects, nulls } = map;
  const defs = new Map<string, JsonObject>();
  const parts = objects.map((object) => place(object, describe(object, sources, { nulls, defs })));
  const whole = parts.reduce((before: JsonObject, part) => merge(part, before), envelope);
  const named = [...defs].sort(([one], [other]) => (one < other ? -1 : 1));
  return { $schema: draft, $comment: comment, ...whole, ...(named.length > 0 && { $defs: Object.fromEntries(named) }) };
}

function describe(object: ObjectMap, sources: readonly Source[], writing: Writing): JsonObject {
  const { title, from, when = {}, member, deep = [], fields = {} } = object;
  const without = [...(object.without ?? []), ...(member === undefined ? Object.keys(when) : [])];
  const wish = toWish(deep);
  const found = from.flatMap((name) => sources.flatMap((source) => find(source, name, wish) ?? []));
  if (found.length === 0) throw new Error(`No source knows ${from.join(' or ')}`);
  const field = { ...leaveOut(found.reduce(either), without), optional: member !== undefined };
  const schema = toSchema(field, wish, title, writing);
  const { defs } = writing;
  const { properties: own = {}, ...rest } = defs.get(title) ?? {};
  const whole = { ...rest, properties: { ...Object(own), ...fields } };
  defs.set(title, whole);
  if (member !== undefined || object.when !== undefined) return schema;
  defs.delete(title);
  return { properties: whole.properties };
}

function leaveOut(field: Field, names: readonly string[]): Field {
  const properties = [...field.properties].filter(([name]) => !names.includes(name));
  const below = (name: string): readonly string[] =>
    names.flatMap((each) => (each.startsWith(`${name}#`) ? [each.slice(name.length + 1)] : []));
  return { ...field, properties: new Map(properties.map(([name, member]) => [name, leaveOut(member, below(name))])) };
}

/** `a#b`: the member `b` of `a`; `a & b`: what has the members of both. */
function find(source: Source, name: string, wish: Wish): Field | undefined {
  const parts = name.split(' & ').map((part) => {
    const [first = '', ...rest] = part.split('#');
    const whole = rest.reduceRight<Wish>((below, member) => ({ [member]: below }), wish);
    return rest.reduce<Field | undefined>((at, member) => at?.properties.get(member), source.find(first, whole));
  });
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? undefined : known.reduce(both);
}

function place({ at, when, member }: ObjectMap, schema: JsonObject): JsonObject {
  const content = member === undefined ? schema : { properties: { [member]: schema } };
  if (when === undefined) return around(at, member === undefined ? content : { type: ['object', 'null'], ...content });
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return around(at, { allOf: [{ if: toCondition(when), then: content }] });
}

function toCondition(when: { readonly [name: string]: string | readonly string[] }): JsonObject {
  const properties = Object.entries(when).map(([name, value]): readonly [string, Json] => [
    name,
    typeof value !== 'string'
      ? { enum: value }
      : value.startsWith('^')
        ? { type: 'string', pattern: value }
        : { const: value },
  ]);
  return { type: 'object', properties: Object.fromEntries(properties), required: Object.keys(when) };
}

function around(pointer: string, schema: JsonObject): JsonObject {
  const names = pointer.split('/').slice(1);
  return names.reduceRight<JsonObject>((inner, name) => ({ [name]: inner }), schema);
}

/** What is said by hand stands first, and wins. */
function merge(made: JsonObject, byHand: JsonObject): JsonObject {
  const added = Object.entries(made).map(([name, value]): readonly [string, Json] => {
    const own = byHand[name];
    if (own === undefined) return [name, value];
    if (isList(own) && isList(value) && name === 'allOf') return [name, [...own, ...value]];
    return [name, isObject(own) && isObject(value) ? merge(value, own) : own];
  });
  return { ...byHand, ...Object.fromEntries(added) };
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}
