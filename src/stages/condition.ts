/** Whether a condition's value counts as true, as JSONata's own `$boolean` has it (https://docs.jsonata.org/boolean-functions). */
export function holds(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holds);
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
