/** A property that is there if its value is. */
export function optional<K extends string, V>(key: K, value: V | undefined): { [name in K]?: V } {
  const part: { [name in K]?: V } = {};
  if (value !== undefined) part[key] = value;
  return part;
}
