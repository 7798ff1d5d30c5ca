/** What is known of the values at one place of the examples: how many are objects, and what is in them. */
export interface Shape {
  /** Objects that have at least one field. */
  readonly objects: number;
  readonly fields: ReadonlyMap<string, Shape>;
}

/** The fields that values have, an array's elements taken as JSONata takes them: together. */
export function shapeOf(values: readonly unknown[]): Shape {
  const objects = values.flatMap(objectsIn);
  const members = new Map<string, unknown[]>();
  for (const object of objects) {
    for (const [name, value] of Object.entries(object)) {
      const known = members.get(name);
      if (known === undefined) members.set(name, [value]);
      else known.push(value);
    }
  }
  return {
    objects: objects.filter((object) => Object.keys(object).length > 0).length,
    fields: new Map([...members].map(([name, held]) => [name, shapeOf(held)])),
  };
}

function objectsIn(value: unknown): readonly object[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  return typeof value === 'object' && value !== null ? [value] : [];
}

/** The shape at the end of a path of names; absent: no value is there. */
export function shapeAt(shape: Shape, path: readonly string[]): Shape | undefined {
  return path.reduce<Shape | undefined>((at, name) => at?.fields.get(name), shape);
}
