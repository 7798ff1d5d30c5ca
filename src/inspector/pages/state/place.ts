/** A page of the inspector and what it shows, as its address says. */
export interface Place {
  readonly page: PageName;
  /** Of the delivery or the dead letter that is shown alone. */
  readonly id?: string;
  readonly query: Query;
}

export type Query = { readonly [name: string]: string };

export type PageName = 'now' | 'deliveries' | 'dead-letters' | 'topics' | 'config' | 'try' | 'providers';

interface Page {
  readonly name: PageName;
  readonly title: string;
  /** Pressed after `g`. */
  readonly key: string;
}

/** In the order of the navigation. */
export const pages: readonly Page[] = [
  { name: 'now', title: 'Now', key: 'n' },
  { name: 'deliveries', title: 'Deliveries', key: 'd' },
  { name: 'dead-letters', title: 'Dead letters', key: 'l' },
  { name: 'topics', title: 'Topics', key: 't' },
  { name: 'config', title: 'Configuration', key: 'c' },
  { name: 'try', title: 'Try a rule', key: 'e' },
  { name: 'providers', title: 'Providers', key: 'p' },
];

/** All addresses of the pages begin with it. */
const base = '/inspector/';

/** Undefined for an address that no page has. */
export function readPlace(path: string, search: string): Place | undefined {
  if (`${path}/` === base) return readPlace(base, search);
  if (!path.startsWith(base)) return undefined;
  const [name = '', id, ...rest] = path.slice(base.length).split('/');
  const page = name === '' ? pages[0] : pages.find((each) => each.name === name);
  if (page === undefined || rest.length > 0) return undefined;
  const query = Object.fromEntries(new URLSearchParams(search));
  if (id === undefined || id === '') return { page: page.name, query };
  if (page.name !== 'deliveries' && page.name !== 'dead-letters') return undefined;
  return { page: page.name, id: decode(id), query };
}

/** The address of a place: the path, and the query where there is one. */
export function writePlace({ page, id, query }: Place): string {
  const path = `${base}${page}${id === undefined ? '' : `/${encodeURIComponent(id)}`}`;
  return `${path}${writeQuery(query)}`;
}

/** With its question mark; empty parameters are left out. */
export function writeQuery(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== '');
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

/** What Esc goes to: from one delivery or letter to its list, from a group to all groups. */
export function parentOf({ page, id, query }: Place): Place | undefined {
  if (id !== undefined) return { page, query: page === 'dead-letters' ? pick(query, 'group') : query };
  if (page === 'dead-letters' && query.group !== undefined) return { page, query: {} };
  return undefined;
}

function pick(query: Query, name: string): Query {
  const value = query[name];
  return value === undefined ? {} : { [name]: value };
}

/** As it stands where it is not encoded as it should be: then nothing has this id. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
