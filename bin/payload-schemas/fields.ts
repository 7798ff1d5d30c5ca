const typeNames = ['string', 'integer', 'number', 'boolean', 'object', 'array', 'null'] as const;
export type TypeName = (typeof typeNames)[number];

/** What a source says about a field's values. */
export interface Field {
  /** Empty: it may be anything. */
  readonly types: ReadonlySet<TypeName>;
  /** The texts that the source lists; there may be others. */
  readonly values: ReadonlySet<string>;
  /** Of an object whose members were asked for. */
  readonly properties: ReadonlyMap<string, Field>;
  readonly items?: Field;
  /** An object whose names are the user's own, such as metadata. */
  readonly map: boolean;
  /** The member that it is may be missing. */
  readonly optional: boolean;
}

/** The members to look at, and theirs: what is not in it is known by its type alone. */
export interface Wish {
  readonly [name: string]: Wish;
}

/** A description of a provider's objects. */
export interface Source {
  /** Undefined: it has no object of this name. Throws an `Error` that says what it can't read. */
  find(name: string, wish: Wish): Field | undefined;
}

export const anything: Field = {
  types: new Set(),
  values: new Set(),
  properties: new Map(),
  map: false,
  optional: false,
};

export function isTypeName(name: unknown): name is TypeName {
  return typeNames.some((known) => known === name);
}

export function ofType(...types: readonly TypeName[]): Field {
  return { ...anything, types: new Set(types) };
}

/** What is one or the other: with the types of both. */
export function either(one: Field, other: Field): Field {
  const known = one.types.size > 0 && other.types.size > 0;
  return join(one, other, known ? [...one.types, ...other.types] : [], either);
}

/** What is one and the other, as the members of an `allOf` are. */
export function both(one: Field, other: Field): Field {
  const shared = [...one.types].filter((type) => other.types.has(type));
  return join(one, other, shared.length > 0 ? shared : [...one.types, ...other.types], both);
}

function join(one: Field, other: Field, types: readonly TypeName[], how: typeof either): Field {
  const names = [...new Set([...one.properties.keys(), ...other.properties.keys()])];
  const pick = (name: string): Field => combine(one.properties.get(name), other.properties.get(name), how) ?? anything;
  const items = combine(one.items, other.items, how);
  return {
    types: new Set(types),
    values: new Set([...one.values, ...other.values]),
    properties: new Map(names.map((name) => [name, pick(name)])),
    ...(items !== undefined && { items }),
    map: one.map || other.map,
    optional: one.optional || other.optional,
  };
}

function combine(one: Field | undefined, other: Field | undefined, how: typeof either): Field | undefined {
  return one !== undefined && other !== undefined ? how(one, other) : (one ?? other);
}

/** `a.b` and `a.c`: in `a`, look at `b` and `c`. */
export function toWish(paths: readonly string[]): Wish {
  const firsts = [...new Set(paths.map((path) => path.split('.')[0] ?? ''))];
  return Object.fromEntries(
    firsts.map((first) => {
      const below = paths.filter((path) => path.startsWith(`${first}.`)).map((path) => path.slice(first.length + 1));
      return [first, toWish(below)];
    }),
  );
}
