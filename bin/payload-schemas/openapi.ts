import { fromPointer } from '../../src/diagnostics/pointer.js';
import { isContainer, listOf } from '../../src/util/values.js';
import { anything, both, either, type Field, isTypeName, ofType, type Source, type Wish } from './fields.js';

const mostReferences = 30;

/** The objects of an OpenAPI document (2.0, 3.0, 3.1), by the names that they have in it. */
export function readOpenapi(document: unknown): Source {
  const schemas = read(read(document, 'components'), 'schemas') ?? read(document, 'definitions');
  return {
    find(name, wish) {
      const schema = read(schemas, name);
      return schema === undefined ? undefined : readSchema(document, schema, wish);
    },
  };
}

function readSchema(root: unknown, schema: unknown, wish: Wish | undefined, depth = 0): Field {
  if (depth > mostReferences || typeof schema !== 'object' || schema === null) return anything;
  const reference = read(schema, '$ref');
  const each = (part: unknown): Field => readSchema(root, part, wish, depth + 1);
  const parts = [
    ownField(root, schema, wish),
    ...(typeof reference === 'string' ? [each(resolve(root, reference))] : []),
    ...listOf(read(schema, 'allOf')).map(each),
    ...['anyOf', 'oneOf'].flatMap((keyword) => {
      const choices = listOf(read(schema, keyword)).map(each);
      return choices.length === 0 ? [] : [choices.reduce(either)];
    }),
  ];
  const field = parts.reduce(both);
  const nullable = read(schema, 'nullable') === true || read(schema, 'x-nullable') === true;
  return nullable && field.types.size > 0 ? { ...field, types: new Set([...field.types, 'null']) } : field;
}

function ownField(root: unknown, schema: unknown, wish: Wish | undefined): Field {
  const listed = listOf(read(schema, 'enum'));
  const texts = listed.filter((value) => typeof value === 'string' && value !== '');
  const properties = Object.entries(Object(read(schema, 'properties')));
  const declared = [read(schema, 'type') ?? (properties.length > 0 ? 'object' : [])].flat().filter(isTypeName);
  const types = declared.length > 0 && listed.includes(null) ? [...declared, 'null' as const] : declared;
  const items = read(schema, 'items');
  const required = new Set(listOf(read(schema, 'required')));
  const members =
    wish === undefined ? [] : properties.map(([name, child]) => memberOf(root, name, child, wish, !required.has(name)));
  return {
    ...ofType(...types),
    values: new Set(texts.map(String)),
    properties: new Map(members),
    ...(items !== undefined && { items: readSchema(root, items, wish) }),
    map: Boolean(read(schema, 'additionalProperties')),
    optional: false,
  };
}

function memberOf(
  root: unknown,
  name: string,
  schema: unknown,
  wish: Wish,
  optional: boolean,
): readonly [string, Field] {
  const below = Object.hasOwn(wish, name) ? wish[name] : undefined;
  return [name, { ...readSchema(root, schema, below), optional }];
}

function resolve(root: unknown, reference: string): unknown {
  if (!reference.startsWith('#/')) throw new Error(`${reference} is in another document`);
  const names = fromPointer(reference.slice(1)).map(decodeURIComponent);
  return names.reduce((at, name) => read(at, name), root);
}

function read(from: unknown, name: string): unknown {
  return isContainer(from) && Object.hasOwn(from, name) ? from[name] : undefined;
}
