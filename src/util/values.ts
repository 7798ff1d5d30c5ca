/** What came from outside and is not known yet, read without a cast. */

export type Fields = { readonly [name: string]: unknown };

/** Objects and arrays: an array's elements are reached by their index as text. */
export function isContainer(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null;
}

/** Whether it has names: an object that is not an array. */
export function isRecord(value: unknown): value is { [name: string]: unknown } {
  return isContainer(value) && !Array.isArray(value);
}

/** The members of an object; of anything else, arrays too, none. */
export function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? { ...value } : {};
}

/** The elements of an array; of anything else, none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value of a JSON text; undefined for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
