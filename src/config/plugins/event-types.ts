import { compileEvents } from '../../core/rules/events.js';

/**
 * The types of a catalogue: one a line, `#` before comments. One with a `*` stands for types that the provider composes,
 * such as those of custom objects.
 */
export function parseEventTypes(text: string): ReadonlySet<string> {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return new Set(lines.filter((line) => line !== ''));
}

/** Whether a catalogue has a type. A pattern of a route is known, too, if what it takes is within one of the catalogue. */
export function compileCatalogue(types: ReadonlySet<string>): (type: string) => boolean {
  const composed = [...types].filter((type) => type.includes('*'));
  if (composed.length === 0) return (type) => types.has(type);
  const matches = compileEvents(composed);
  return (type) => types.has(type) || matches(type);
}
