import { fromPointer } from '../../diagnostics/pointer.js';
import { isContainer } from '../../util/values.js';

/** A place in a JSON Schema (2020-12). `root`: the whole, for references. */
export interface Schema {
  readonly root: object;
  readonly node: unknown;
}

type Keywords = Readonly<Record<string, unknown>>;

const mostReferences = 20;
const choices = ['anyOf', 'oneOf'];
const applicators = ['allOf', 'anyOf', 'oneOf', 'if', 'then', 'else', 'dependentSchemas', '$ref', '$dynamicRef'];

/**
 * The schema of the field `name` of what this schema lets through: of an object, or, as JSONata reads it, of the objects
 * in a list. Undefined: no value that the schema lets through has the field. Where the schema doesn't say, `true`.
 */
export function childSchema({ root, node }: Schema, name: string, depth = 0): Schema | undefined {
  if (node === false) return undefined;
  if (!isContainer(node) || depth > mostReferences) return { root, node: true };
  const child = (part: unknown) => childSchema({ root, node: part }, name, depth + 1)?.node;
  const parts = [ownChild(node, name, child), ...listOf(read(node, 'allOf')).map(child)];
  const reference = read(node, '$ref');
  if (typeof reference === 'string') parts.push(child(resolve(root, reference)));
  for (const choice of choices) {
    if (read(node, choice) === undefined) continue;
    const possible = listOf(read(node, choice))
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
  const types = read(keywords, 'type') !== undefined ? listOf(read(keywords, 'type')) : undefined;
  const possible = [
    types === undefined || types.includes('object') ? member(keywords, name) : undefined,
    types === undefined || types.includes('array') ? element(keywords, child) : undefined,
  ].filter((part) => part !== undefined);
  if (possible.length === 0) return undefined;
  return possible.includes(true) ? true : { anyOf: possible };
}

function member(keywords: Keywords, name: string): unknown {
  const own = read(read(keywords, 'properties'), name);
  if (own !== undefined) return own === false ? undefined : own;
  for (const [pattern, schema] of Object.entries(Object(read(keywords, 'patternProperties')))) {
    if (new RegExp(pattern, 'u').test(name)) return schema;
  }
  const rest = read(keywords, 'additionalProperties') ?? read(keywords, 'unevaluatedProperties') ?? true;
  const applied = applicators.some((keyword) => read(keywords, keyword) !== undefined);
  if (rest !== false) return rest;
  // `unevaluatedProperties` lets through what a schema applied beside it knows.
  return read(keywords, 'additionalProperties') !== false && applied ? true : undefined;
}

function element(keywords: Keywords, child: (part: unknown) => unknown): unknown {
  const items = read(keywords, 'items') ?? true;
  return read(keywords, 'prefixItems') !== undefined ? true : items === true ? true : child(items);
}

/** Every name that the schema says something about, at this place. */
export function declaredNames({ root, node }: Schema, depth = 0): ReadonlySet<string> {
  const names = new Set<string>();
  if (!isContainer(node) || depth > mostReferences) return names;
  for (const name of Object.keys(Object(read(node, 'properties')))) names.add(name);
  const reference = read(node, '$ref');
  const below = [
    ...applicators.flatMap((keyword) => {
      const value = read(node, keyword);
      return keyword === 'dependentSchemas' ? Object.values(Object(value)) : listOf(value);
    }),
    ...(typeof reference === 'string' ? [resolve(root, reference)] : []),
    read(node, 'items'),
  ];
  for (const part of below) for (const name of declaredNames({ root, node: part }, depth + 1)) names.add(name);
  return names;
}

/** What isn't in this file may be anything. */
function resolve(root: object, reference: string): unknown {
  if (!reference.startsWith('#/') && reference !== '#') return true;
  let at: unknown = root;
  for (const segment of fromPointer(decodeURIComponent(reference.slice(1)))) {
    at = read(at, segment);
  }
  return at ?? true;
}

function listOf(value: unknown): readonly unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function read(from: unknown, name: string): unknown {
  return isContainer(from) && Object.hasOwn(from, name) ? from[name] : undefined;
}
