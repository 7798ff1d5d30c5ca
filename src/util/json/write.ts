import { ExactNumber } from './number.js';
import { forEachNumber } from './parse.js';

/** As JSON.stringify; an `ExactNumber` is written as it was read. */
export function writeJson(value: unknown, indent?: number): string {
  if (!hasExactNumbers(value)) return JSON.stringify(value, undefined, indent);
  // A text for each number, in the order in which they are written.
  const texts: (string | undefined)[] = [];
  function note(this: object, name: string, made: unknown): unknown {
    // Before it has become a text.
    const original: unknown = Reflect.get(this, name);
    if (original instanceof ExactNumber) {
      texts.push(original.text);
      return 0;
    }
    if (typeof made === 'number' && Number.isFinite(made)) texts.push(undefined);
    return made;
  }
  return putIn(JSON.stringify(value, note, indent), texts);
}

function putIn(written: string, texts: readonly (string | undefined)[]): string {
  let result = '';
  let copied = 0;
  let index = 0;
  forEachNumber(written, (start, end) => {
    const text = texts[index++];
    if (text === undefined) return;
    result += written.slice(copied, start) + text;
    copied = end;
  });
  return result + written.slice(copied);
}

export function hasExactNumbers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof ExactNumber || Object.values(value).some(hasExactNumbers);
}

/** A copy of a JSON value that can be changed, as `structuredClone` gives one, which knows no `ExactNumber`. */
export function copyJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value;
  if (Array.isArray(value)) return value.map(copyJson);
  // It defines members: `__proto__` is a name like any other here.
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copyJson(each)]));
}
