import type { DeliveryOutcome, DeliveryRow } from './contract.js';

/** A query as it goes to workers: plain, checked, and every list non-empty. */
export interface DeliveryFilter {
  readonly endpoints?: readonly string[];
  readonly outcomes?: readonly string[];
  readonly reasons?: readonly string[];
  readonly types?: readonly string[];
  readonly q?: string;
  /** Milliseconds since the epoch: inclusive, exclusive. */
  readonly from?: number;
  readonly to?: number;
}

/** What can be told of a row before its text is read. */
export interface RowFacts {
  readonly at: number;
  readonly outcome: DeliveryOutcome;
  readonly reason: string;
  readonly endpoint: string;
  readonly path: string;
}

/** A filter in two steps, the cheap one first. A row fits if it passes both. */
export interface Sieve {
  readonly facts: (facts: RowFacts) => boolean;
  /** Absent: the facts decide. */
  readonly row?: (row: DeliveryRow) => boolean;
  /** Bytes that the text of a row that fits must have. */
  readonly bytes?: Buffer;
}

export function createSieve({
  endpoints,
  outcomes,
  reasons,
  types,
  q,
  from = 0,
  to = Number.POSITIVE_INFINITY,
}: DeliveryFilter): Sieve {
  const oneOf = (list: readonly string[] | undefined, text: string) => list === undefined || list.includes(text);
  const patterns = types?.map(compilePattern);
  const row = (each: DeliveryRow) =>
    (patterns === undefined || each.events.some(({ type = '' }) => patterns.some((fits) => fits(type)))) &&
    (q === undefined || namesOf(each).some((name) => name?.startsWith(q)));
  return {
    facts: ({ at, outcome, reason, endpoint, path }) =>
      at >= from &&
      at < to &&
      oneOf(outcomes, outcome) &&
      oneOf(reasons, reason) &&
      (endpoints === undefined || endpoints.includes(endpoint) || endpoints.includes(path)),
    ...(patterns === undefined && q === undefined ? {} : { row }),
    ...bytesOf(q, types),
  };
}

/** Of what must be in a row's text, whatever else. */
function bytesOf(q: string | undefined, [pattern = '', ...others]: readonly string[] = []): Pick<Sieve, 'bytes'> {
  // The id of a row that has none of its own is not in its text.
  if (q !== undefined && !'row-'.startsWith(q.slice(0, 4))) return { bytes: Buffer.from(q) };
  const [longest = ''] = pattern.split('*').sort((a, b) => b.length - a.length);
  return longest === '' || others.length > 0 ? {} : { bytes: Buffer.from(longest) };
}

/** What a search looks at. */
function namesOf({ id, address, path, endpoint, events }: DeliveryRow): readonly (string | undefined)[] {
  const names = [id, address, endpoint === '' ? path : undefined];
  return [...names, ...events.flatMap((event) => [event.id, event.key, event.topic])];
}

/** A glob: `*` stands for any run of characters. */
function compilePattern(pattern: string): (type: string) => boolean {
  if (!pattern.includes('*')) return (type) => type === pattern;
  const parts = pattern.split('*');
  return (type) => matches(type, parts);
}

/** Greedy from the left, which suffices where only `*` stands between the parts; linear in the type. */
function matches(type: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (!type.startsWith(first) || !type.endsWith(last) || type.length < first.length + last.length) return false;
  const end = type.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = type.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
