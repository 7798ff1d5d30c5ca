import { toTypeName } from './names.js';
import { documentOf, hasCases, toType } from './schema-to-type.js';
import type { TopicSource } from './topics.js';

interface NamedSchema {
  readonly schema: object;
  /** Of its definitions, by how the schema refers to them. */
  readonly names: ReadonlyMap<string, { readonly name: string; readonly schema: unknown }>;
}

/** The name of the type that all events of a provider have. */
export function eventName(provider: string): string {
  return `${toTypeName(provider)}Event`;
}

/**
 * TypeScript: a type for each definition of the provider's schemas, one for all of its events, and, where the schemas say more
 * of some of them, a narrower one for those.
 */
export function describeEvents({ provider, title, documentation, schemas }: TopicSource): string {
  const name = eventName(provider);
  const named = nameDefinitions(toTypeName(provider), schemas);
  const definitions = named.flatMap(({ names }) =>
    [...names.values()].map((each) => declare(each.name, toType(each.schema, '', refer(names)), each.schema)),
  );
  const about = documentation === undefined ? title : `${title}: ${documentation}`;
  const all = declare(name, unionOf(named, false), { description: `An event of ${about}` });
  const inCases = named.filter(({ schema }) => hasCases(schema));
  if (inCases.length === 0) return [...definitions, all].join('\n');
  const description = `A ${name} whose content is described: what tells them apart narrows it. Others may come all the same.`;
  return [...definitions, all, declare(`Known${name}`, unionOf(inCases, true), { description })].join('\n');
}

function declare(name: string, type: string, schema: unknown): string {
  return `${documentOf(schema, '')}export type ${name} = ${type};\n`;
}

function unionOf(named: readonly NamedSchema[], closed: boolean): string {
  const types = named.map(({ schema, names }) => toType(schema, '', { ...refer(names), closed }));
  return types.length === 0 ? 'unknown' : [...new Set(types)].join(' | ');
}

function refer(names: NamedSchema['names']): { nameOf(reference: string): string | undefined } {
  return { nameOf: (reference) => names.get(reference)?.name };
}

/** Two schemas may define something of the same name: the later one gets a number. */
function nameDefinitions(prefix: string, schemas: TopicSource['schemas']): readonly NamedSchema[] {
  const taken = new Set<string>();
  return schemas.map(({ schema }) => {
    const { $defs = {} }: { readonly $defs?: object } = schema;
    const names = Object.entries($defs).map(([key, definition]) => {
      const name = free(prefix + toTypeName(key), taken);
      taken.add(name);
      return [`#/$defs/${key}`, { name, schema: definition }] as const;
    });
    return { schema, names: new Map(names) };
  });
}

function free(name: string, taken: ReadonlySet<string>): string {
  for (let number = 2; ; number++) {
    const candidate = number === 2 ? name : `${name}${number - 1}`;
    if (!taken.has(candidate)) return candidate;
  }
}
