import type { ErrorObject } from 'ajv';
import { fromPointer } from '../diagnostics/pointer.js';
import { isContainer } from '../util/values.js';
import type { Substitution } from './substitute.js';

/**
 * Variables are texts. Where one was substituted and the schema wants something else, converts it, in place. Says
 * whether it changed anything.
 */
export function coerce(
  document: unknown,
  errors: readonly ErrorObject[],
  substituted: Substitution['substituted'],
): boolean {
  let changed = false;
  for (const { keyword, schema, data, instancePath } of errors) {
    if (!substituted.has(instancePath) || typeof data !== 'string') continue;
    const wanted: unknown[] = keyword === 'type' ? [schema].flat() : keyword === 'enum' ? enumTypes(schema) : [];
    const value = wanted.map((type) => convert(data, type)).find((converted) => converted !== undefined);
    if (value === undefined) continue;
    put(document, fromPointer(instancePath), value);
    changed = true;
  }
  return changed;
}

function enumTypes(allowed: unknown): string[] {
  return Array.isArray(allowed) ? allowed.map((value) => typeof value) : [];
}

function convert(text: string, type: unknown): boolean | number | undefined {
  const word = text.trim().toLowerCase();
  if (type === 'boolean') {
    if (['true', '1', 'yes', 'on'].includes(word)) return true;
    return ['false', '0', 'no', 'off', ''].includes(word) ? false : undefined;
  }
  if (type === 'number' && /^\d{1,15}\.\d{1,15}$/.test(word)) return Number(word);
  return (type === 'integer' || type === 'number') && /^-?\d{1,15}$/.test(word) ? Number(word) : undefined;
}

function put(document: unknown, segments: readonly string[], value: unknown): void {
  const last = segments.at(-1);
  let holder = document;
  for (const segment of segments.slice(0, -1)) holder = isContainer(holder) ? holder[segment] : undefined;
  if (isContainer(holder) && last !== undefined) holder[last] = value;
}
