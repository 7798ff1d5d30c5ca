import type { Field, TypeName, Wish } from './fields.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** Where null may come although the source doesn't say so: in no field, in those that may be missing, or in all. */
export type Nulls = 'never' | 'optional' | 'always';

const widest = 140;
/** A longer list says nothing to a person. */
const mostValues = 24;

export interface Writing {
  readonly nulls: Nulls;
  /** What is written: the definitions that schemas refer to. */
  readonly defs: Map<string, JsonObject>;
}

/**
 * The JSON Schema of a field: its types, and of an object those of its members that are no objects or were wished for. It is
 * open, refuses no text, and requires nothing: what a source lists is given as examples. An object with members gets a
 * definition of its own: what is compiled of it is small enough to be fast.
 */
export function toSchema(
  field: Field,
  wish: Wish,
  name: string,
  writing: Writing,
  nulls: Nulls = writing.nulls,
): JsonObject {
  const types = typesOf(field, nulls);
  const members = membersOf(field, wish, name, writing);
  const { items } = field;
  const isList = items !== undefined && items.types.size > 0 && field.types.has('array');
  const values = [...field.values];
  const schema = {
    ...(types.length > 0 && { type: types.length === 1 ? (types[0] ?? null) : types }),
    ...(values.length > 0 && values.length <= mostValues && !isList && { examples: values }),
    ...(members.length > 0 && { properties: Object.fromEntries(members) }),
    // A list is empty rather than one of nulls.
    ...(isList && { items: toSchema(items, wish, name, writing, 'never') }),
  };
  if (members.length === 0) return schema;
  const { defs } = writing;
  if (defs.has(name)) throw new Error(`Two objects would be called ${name}`);
  defs.set(name, schema);
  return { $ref: `#/$defs/${name}` };
}

function membersOf(
  { types, properties }: Field,
  wish: Wish,
  name: string,
  writing: Writing,
): readonly (readonly [string, Json])[] {
  if (!types.has('object')) return [];
  return [...properties].flatMap(([key, member]): readonly (readonly [string, Json])[] => {
    const wished = Object.hasOwn(wish, key) ? wish[key] : undefined;
    if (wished === undefined && !isSmall(member)) return [];
    // A whole object may be missing in any version, whatever is said of its members.
    const child = { ...member, optional: member.optional || member.types.has('object') };
    return [[key, toSchema(child, wished ?? {}, name + toTypeName(key), writing)]];
  });
}

function toTypeName(key: string): string {
  return key.replaceAll(/(^|[^A-Za-z0-9])([a-z]?)/g, (_, __, first: string) => first.toUpperCase());
}

function typesOf({ types, optional }: Field, nulls: Nulls): readonly TypeName[] {
  if (types.size === 0) return [];
  const all = new Set(types);
  if (nulls === 'always' || (nulls === 'optional' && optional)) all.add('null');
  if (all.has('number')) all.delete('integer');
  return [...all].sort((one, other) => Number(one === 'null') - Number(other === 'null'));
}

/** A scalar, the id that may be expanded to its object, a list of scalars, or an object whose names are the user's own. */
function isSmall({ types, map, items }: Field): boolean {
  if (types.size === 0) return false;
  if (types.has('array')) return items !== undefined && items.types.size > 0 && isSmall(items);
  return !types.has('object') || map || types.has('string');
}

/** JSON as a person writes it: on one line what fits there. */
export function print(value: Json, indent = '', before = 0): string {
  const line = oneLine(value);
  if (indent.length + before + line.length <= widest - 1 && (before > 0 || indent !== '')) return line;
  if (typeof value !== 'object' || value === null) return line;
  const deeper = `${indent}  `;
  if (isList(value)) return `[\n${value.map((each) => deeper + print(each, deeper)).join(',\n')}\n${indent}]`;
  const members = Object.entries(value).map(([name, each]) => {
    const key = `${JSON.stringify(name)}: `;
    return deeper + key + print(each, deeper, key.length);
  });
  return `{\n${members.join(',\n')}\n${indent}}`;
}

function oneLine(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(oneLine).join(', ')}]`;
  const members = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${oneLine(each)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
