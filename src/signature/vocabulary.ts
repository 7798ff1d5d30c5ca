import { require } from '../util/require.js';

const { closest, distance }: typeof import('fastest-levenshtein') = require('fastest-levenshtein');

/** The sources of the vocabulary, and what follows their name: `.NAME`, `:/pointer`, nothing, or a name if one is given. */
export const sourceArguments = {
  raw: 'none',
  method: 'none',
  url: 'none',
  path: 'none',
  target: 'none',
  header: 'name',
  query: 'name',
  form: 'name',
  sig: 'name',
  param: 'name',
  let: 'name',
  jws: 'name',
  secret: 'optional',
  json: 'pointer',
  item: 'pointer',
} as const;

export type SourceName = keyof typeof sourceArguments;

/** The filters, and what follows their name: `=TEXT`, nothing, or the form in which a digest is written. */
export const filterArguments = {
  lower: 'none',
  upper: 'none',
  trim: 'none',
  reverse: 'none',
  nfkd: 'none',
  nonempty: 'none',
  no_port: 'none',
  std_port: 'none',
  no_query: 'none',
  no_slash: 'none',
  urlencode: 'none',
  crc32: 'none',
  base64: 'none',
  unbase64: 'none',
  hex: 'none',
  default: 'text',
  strip: 'text',
  md5: 'digest',
  sha1: 'digest',
  sha256: 'digest',
  sha384: 'digest',
  sha512: 'digest',
  'hmac-sha1': 'digest',
  'hmac-sha256': 'digest',
  'hmac-sha512': 'digest',
} as const;

export type FilterName = keyof typeof filterArguments;

/** How a digest filter writes its digest; `bytes` are for another digest or for `base64`. */
export const digestForms = ['hex', 'base64', 'base64url', 'bytes'] as const;

export function isSourceName(name: string): name is SourceName {
  return Object.hasOwn(sourceArguments, name);
}

export function isFilterName(name: string): name is FilterName {
  return Object.hasOwn(filterArguments, name);
}

export function suggestSource(name: string): { hint: string } {
  return suggest(name, Object.keys(sourceArguments));
}

export function suggestFilter(name: string): { hint: string } {
  return suggest(name, Object.keys(filterArguments));
}

/** A did-you-mean, or what there is. */
export function suggest(name: string, known: readonly string[]): { hint: string } {
  if (known.length === 0) return { hint: 'there is none' };
  const nearest = closest(name, known);
  return { hint: distance(name, nearest) <= 2 ? `did you mean "${nearest}"?` : `known: ${known.join(', ')}` };
}
