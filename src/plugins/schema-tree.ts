import { fromPointer } from '../diagnostics/pointer.js';

/** A place in a JSON Schema (2020-12). `root`: the whole, for references. */
export interface Schema {
  readonly root: object;
  readonly node: unknown;
}

type Keywords = ReadonlyMap<string, unknown>;

const mostReferences = 20;
const choices = ['anyOf', 'oneOf'];
const applicators = ['allOf', 'anyOf', 'oneOf', 'if', 'then', 'else', 'dependentSchemas', '$ref', '$dynamicRef'];

/**
 * The schema of the field `name` of what this schema lets through: of an object, or, as JSONata reads it, of the objects
 * in a list. Undefined: no value that the schema lets through has the field. Where the schema doesn't say, `true`.
 */
export function childSchema({ root, node }: Schema, name: string, depth = 0): Schema | undefined {
  if (node === false) return undefined;
  if (typeof node !== 'object' || node === null || depth > mostReferences) return { root, node: true };
  const keywords: Keywords = new Map(Object.entries(node));
  const child = (part: unknown) => childSchema({ root, node: part }, name, depth + 1)?.node;
  const parts = [ownChild(keywords, name, child), ...listOf(keywords.get('allOf')).map(child)];
  const reference = keywords.get('$ref');
  if (typeof reference === 'string') parts.push(child(resolve(root, reference)));
  for (const choice of choices) {
    if (!keywords.has(choice)) continue;
    const possible = listOf(keywords.get(choice))
      .map(child)
      .filter((part) => part !== undefined);
    parts.push(possible.length === 0 ? undefined : { anyOf: possible });
  }
  if (parts.includes(undefined)) return undefined;
  const said = parts.filter((part) => part !== true);
  return { root, node: said.length === 0 ? true : { allOf: said } };
}

/** What `type`, `properties`, `items` and their like say, without the schemas that are applied beside them. */
function ownChild(keywords: Keywords, name: string, child: (part: unknown) => unknown): unknown {
  const types = keywords.has('type') ? listOf(keywords.get('type')) : undefined;
  const possible = [
    types === undefined || types.includes('object') ? member(keywords, name) : undefined,
    types === undefined || types.includes('array') ? element(keywords, child) : undefined,
  ].filter((part) => part !== undefined);
  if (possible.length === 0) return undefined;
  return possible.includes(true) ? true : { anyOf: possible };
}

function member(keywords: Keywords, name: string): unknown {
  const own = recordOf(keywords.get('properties')).get(name);
  if (own !== undefined) return own === false ? undefined : own;
  for (const [pattern, schema] of recordOf(keywords.get('patternProperties'))) {
    if (new RegExp(pattern, 'u').test(name)) return schema;
  }
  const rest = keywords.get('additionalProperties') ?? keywords.get('unevaluatedProperties') ?? true;
  const applied = applicators.some((keyword) => keywords.has(keyword));
  if (rest !== false) return rest;
  // `unevaluatedProperties` lets through what a schema applied beside it knows.
  return keywords.get('additionalProperties') !== false && applied ? true : undefined;
}

function element(keywords: Keywords, child: (part: unknown) => unknown): unknown {
  const items = keywords.get('items') ?? true;
  return keywords.has('prefixItems') ? true : items === true ? true : child(items);
}

/** Every name that the schema says something about, at this place. */
export function declaredNames({ root, node }: Schema, depth = 0): ReadonlySet<string> {
  const names = new Set<string>();
  if (typeof node !== 'object' || node === null || depth > mostReferences) return names;
  const keywords: Keywords = new Map(Object.entries(node));
  for (const name of recordOf(keywords.get('properties')).keys()) names.add(name);
  const reference = keywords.get('$ref');
  const below = [
    ...applicators.flatMap((keyword) => {
      const value = keywords.get(keyword);
      return keyword === 'dependentSchemas' ? [...recordOf(value).values()] : listOf(value);
    }),
    ...(typeof reference === 'string' ? [resolve(root, reference)] : []),
    keywords.get('items'),
  ];
  for (const part of below) for (const name of declaredNames({ root, node: part }, depth + 1)) names.add(name);
  return names;
}

/** What isn't in this file may be anything. */
function resolve(root: object, reference: string): unknown {
  if (!reference.startsWith('#/') && reference !== '#') return true;
  let at: unknown = root;
  for (const segment of fromPointer(decodeURIComponent(reference.slice(1)))) {
    at = typeof at === 'object' && at !== null ? new Map<string, unknown>(Object.entries(at)).get(segment) : undefined;
  }
  return at ?? true;
}

function listOf(value: unknown): readonly unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function recordOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}
