import { isRecord, listOf } from '../../util/values.js';

interface Schema {
  readonly [keyword: string]: unknown;
}

/** How to say what a schema alone doesn't tell. */
export interface TypeStyle {
  /** The name of the type that a `$ref` means; undefined: none is known. */
  readonly nameOf?: (reference: string) => string | undefined;
  /** Only what one of the cases of an `allOf` (`if`, `then`) is for: then TypeScript can tell them apart. */
  readonly closed?: boolean;
}

/**
 * The TypeScript type of what fits a JSON Schema (draft 2020-12), as wide as need be: bounds, patterns and formats have no
 * type, and whatever is not understood is `unknown`. Objects are open, as providers add fields without notice.
 */
export function toType(schema: unknown, indent = '', style: TypeStyle = {}): string {
  if (schema === false) return 'never';
  if (!isRecord(schema)) return 'unknown';
  const parts = [ownType(schema, indent, style)];
  if (typeof schema.$ref === 'string') parts.push(style.nameOf?.(schema.$ref) ?? 'unknown');
  for (const keyword of ['anyOf', 'oneOf'] as const) parts.push(unionOf(schema[keyword], indent, style));
  const all = listOf(schema.allOf);
  for (const each of all.filter((part) => !isCase(part))) parts.push(toType(each, indent, style));
  if (style.closed === true) parts.push(casesOf(all.filter(isCase), indent, style));
  const known = parts.filter((part) => part !== 'unknown');
  if (known.length <= 1) return known[0] ?? 'unknown';
  return known.map((part) => (part.includes(' | ') ? `(${part})` : part)).join(' & ');
}

/** Whether something in the schema holds in some cases only. */
export function hasCases(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(hasCases);
  return isCase(schema) || (isRecord(schema) && Object.values(schema).some(hasCases));
}

function isCase(schema: unknown): schema is Schema {
  return isRecord(schema) && isRecord(schema.if) && schema.then !== undefined;
}

function casesOf(cases: readonly Schema[], indent: string, style: TypeStyle): string {
  if (cases.length === 0) return 'unknown';
  const deeper = `${indent}  `;
  return cases
    .map((each) => `\n${deeper}| (${toType({ allOf: [each.if, each.then] }, deeper, style)})`)
    .join('')
    .concat(`\n${indent}`);
}

function ownType(schema: Schema, indent: string, style: TypeStyle): string {
  if ('const' in schema) return literal(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map(literal).join(' | ');
  const types = typeof schema.type === 'string' ? [schema.type] : listOf(schema.type);
  if (types.length === 0) return isRecord(schema.properties) ? objectType(schema, indent, style) : 'unknown';
  return types.map((type) => namedType(type, schema, indent, style)).join(' | ');
}

function namedType(type: unknown, schema: Schema, indent: string, style: TypeStyle): string {
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'string') return textType(schema);
  if (type === 'boolean' || type === 'null') return type;
  if (type === 'array') return `readonly (${toType(schema.items, indent, style)})[]`;
  if (type === 'object') return objectType(schema, indent, style);
  return 'unknown';
}

/** With the examples, which an editor then offers, and any other text; or what begins as the pattern wants it. */
function textType({ examples, pattern }: Schema): string {
  const texts = listOf(examples).filter((each) => typeof each === 'string');
  if (texts.length > 0) return `${texts.map(literal).join(' | ')} | (string & {})`;
  const start = typeof pattern === 'string' ? /^\^((?:\w|\\\.)+)$/.exec(pattern)?.[1] : undefined;
  return start === undefined ? 'string' : `\`${start.replaceAll('\\.', '.')}\${string}\``;
}

function objectType(schema: Schema, indent: string, style: TypeStyle): string {
  const deeper = `${indent}  `;
  const required = new Set(listOf(schema.required));
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const names = new Set([...Object.keys(properties), ...[...required].map(String)]);
  const lines = [...names].map((name) => {
    const property = properties[name];
    const mark = required.has(name) ? '' : '?';
    return `${documentOf(property, deeper)}${deeper}readonly ${keyOf(name)}${mark}: ${toType(property, deeper, style)};\n`;
  });
  return `{\n${lines.join('')}${deeper}readonly [name: string]: unknown;\n${indent}}`;
}

/** A comment before what a schema describes; nothing where it has no description. */
export function documentOf(schema: unknown, indent: string): string {
  const text = isRecord(schema) ? schema.description : undefined;
  return typeof text === 'string' ? `${indent}/** ${text.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ')} */\n` : '';
}

function unionOf(schemas: unknown, indent: string, style: TypeStyle): string {
  const types = listOf(schemas).map((each) => toType(each, indent, style));
  return types.length === 0 || types.includes('unknown') ? 'unknown' : [...new Set(types)].join(' | ');
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function literal(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'unknown' : JSON.stringify(value);
}
