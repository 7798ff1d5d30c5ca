import { closest, distance } from 'fastest-levenshtein';

/** The sources of the vocabulary, and what follows their name: `.NAME`, `:/pointer` or nothing. */
export const sourceArguments = {
  raw: 'none',
  method: 'none',
  header: 'name',
  sig: 'name',
  json: 'pointer',
  item: 'pointer',
} as const;

export type SourceName = keyof typeof sourceArguments;

const filters = ['lower', 'upper', 'trim', 'default'] as const;
export type FilterName = (typeof filters)[number];

export function isSourceName(name: string): name is SourceName {
  return Object.hasOwn(sourceArguments, name);
}

export function isFilterName(name: string): name is FilterName {
  return filters.some((filter) => filter === name);
}

export function suggestSource(name: string): { hint: string } {
  return suggest(name, Object.keys(sourceArguments));
}

export function suggestFilter(name: string): { hint: string } {
  return suggest(name, filters);
}

function suggest(name: string, known: readonly string[]): { hint: string } {
  const nearest = closest(name, known);
  return { hint: distance(name, nearest) <= 2 ? `did you mean "${nearest}"?` : `known: ${known.join(', ')}` };
}
