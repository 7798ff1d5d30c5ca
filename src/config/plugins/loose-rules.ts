import type { Fault } from '../../core/model.js';
import { compileRule } from '../../core/rules/compile.js';

/** Places in a plugin.yaml where a text is a rule; `*` stands for each item of a list. */
const places = [
  ...['id', 'id/*', 'type', 'time', 'subject', 'livemode', 'account'].map((fact) => `event/${fact}`),
  ...['schemas/*/when', 'routes/*/when', 'routes/*/key'],
];

/** What is wrong with the rules of a plugin.yaml that its schema does not let through, and of which nothing else is known. */
export function lintLooseRules(value: unknown): readonly Fault[] {
  return places.flatMap((place) =>
    find(value, place.split('/'), '').flatMap(([pointer, source]) => {
      const { fault } = compileRule(source);
      return fault === undefined ? [] : [{ ...fault, severity: 'error' as const, pointer }];
    }),
  );
}

function find(value: unknown, [name, ...rest]: readonly string[], pointer: string): readonly [string, string][] {
  if (name === undefined) return typeof value === 'string' && value !== '' ? [[pointer, value]] : [];
  if (name === '*') {
    return Array.isArray(value) ? value.flatMap((item, index) => find(item, rest, `${pointer}/${index}`)) : [];
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
  return find(new Map<string, unknown>(Object.entries(value)).get(name), rest, `${pointer}/${name}`);
}
