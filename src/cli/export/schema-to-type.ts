import { isRecord, listOf } from '../../util/values.js';

interface Schema {
  readonly [keyword: string]: unknown;
}

/**
 * The TypeScript type of what fits a JSON Schema (draft 2020-12), as wide as need be: bounds, patterns and formats have no
 * type, and whatever is not understood is `unknown`. Objects are open, as providers add fields without notice.
 */
export function toType(schema: unknown, indent = ''): string {
  if (schema === false) return 'never';
  if (!isRecord(schema)) return 'unknown';
  const parts = [ownType(schema, indent)];
  for (const keyword of ['anyOf', 'oneOf'] as const) parts.push(unionOf(schema[keyword], indent));
  for (const each of listOf(schema.allOf)) parts.push(toType(each, indent));
  const known = parts.filter((part) => part !== 'unknown');
  if (known.length <= 1) return known[0] ?? 'unknown';
  return known.map((part) => (part.includes(' | ') ? `(${part})` : part)).join(' & ');
}

function ownType(schema: Schema, indent: string): string {
  if ('const' in schema) return literal(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map(literal).join(' | ');
  const types = typeof schema.type === 'string' ? [schema.type] : listOf(schema.type);
  if (types.length === 0) return isRecord(schema.properties) ? objectType(schema, indent) : 'unknown';
  return types.map((type) => namedType(type, schema, indent)).join(' | ');
}

function namedType(type: unknown, schema: Schema, indent: string): string {
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'string' || type === 'boolean' || type === 'null') return type;
  if (type === 'array') return `readonly (${toType(schema.items, indent)})[]`;
  if (type === 'object') return objectType(schema, indent);
  return 'unknown';
}

function objectType(schema: Schema, indent: string): string {
  const deeper = `${indent}  `;
  const required = new Set(listOf(schema.required));
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const names = new Set([...Object.keys(properties), ...[...required].map(String)]);
  const lines = [...names].map((name) => {
    const property = properties[name];
    const mark = required.has(name) ? '' : '?';
    return `${documentOf(property, deeper)}${deeper}readonly ${keyOf(name)}${mark}: ${toType(property, deeper)};\n`;
  });
  return `{\n${lines.join('')}${deeper}readonly [name: string]: unknown;\n${indent}}`;
}

/** A comment before what a schema describes; nothing where it has no description. */
export function documentOf(schema: unknown, indent: string): string {
  const text = isRecord(schema) ? schema.description : undefined;
  return typeof text === 'string' ? `${indent}/** ${text.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ')} */\n` : '';
}

function unionOf(schemas: unknown, indent: string): string {
  const types = listOf(schemas).map((each) => toType(each, indent));
  return types.length === 0 || types.includes('unknown') ? 'unknown' : [...new Set(types)].join(' | ');
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function literal(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'unknown' : JSON.stringify(value);
}
