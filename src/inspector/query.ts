import type { ParsedUrlQuery } from 'node:querystring';
import { deliveryOutcomes } from '../core/outcome.js';
import type { DeliveryQuery } from './contract.js';
import type { DeliveryFilter } from './filter.js';
import { Refused } from './respond.js';
import { type Cursor, readCursor, readSeq, type Seq } from './seq.js';

const mostRows = 1_000;
const usualRows = 100;
/** Of one parameter: values, and characters of a value. */
const mostValues = 50;
const longestValue = 500;

/** A parameter of one of the routes. */
type Name = keyof DeliveryQuery | 'after' | 'state' | 'group' | 'offset';

/** Checks a query. Throws a Refused (400) that names the parameter. */
export function readFilter(query: ParsedUrlQuery): DeliveryFilter {
  const outcomes = list(query, 'outcome');
  const unknown = outcomes?.find((word) => !deliveryOutcomes.some((outcome) => outcome === word));
  if (unknown !== undefined) throw invalid('outcome', `must be one of ${deliveryOutcomes.join(', ')}`);
  const [endpoints, reasons, types] = [list(query, 'endpoint'), list(query, 'reason'), list(query, 'type')];
  const [q, from, to] = [one(query, 'q'), time(query, 'from'), time(query, 'to')];
  return {
    ...(endpoints && { endpoints }),
    ...(outcomes && { outcomes }),
    ...(reasons && { reasons }),
    ...(types && { types }),
    ...(q !== undefined && { q }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

export function readPage(query: ParsedUrlQuery): { readonly limit: number; readonly before: Seq | undefined } {
  const limit = readCount(query, 'limit', { least: 1, most: mostRows, usual: usualRows });
  const text = one(query, 'before');
  const before = text === undefined ? undefined : readSeq(text);
  if (text !== undefined && before === undefined) throw invalid('before', 'must be the seq of a row');
  return { limit, before };
}

/** `after`, or what the browser sends when it connects again. */
export function readAfter(query: ParsedUrlQuery, lastEventId: string | undefined): Cursor {
  const cursor = readCursor(lastEventId || one(query, 'after') || '');
  if (cursor === undefined) throw invalid('after', 'must be a cursor, as the list or the stream has given it');
  return cursor;
}

export function readCount(
  query: ParsedUrlQuery,
  name: Name,
  { least, most, usual }: { readonly least: number; readonly most: number; readonly usual: number },
): number {
  const text = one(query, name);
  if (text === undefined) return usual;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (count < least || count > most) throw invalid(name, `must be a number from ${least} to ${most}`);
  return count;
}

/** The value; '' counts as none, as an empty field of a form does. */
export function one(query: ParsedUrlQuery, name: Name): string | undefined {
  const values = list(query, name);
  if (values !== undefined && values.length > 1) throw invalid(name, 'must be given once');
  return values?.[0];
}

function list(query: ParsedUrlQuery, name: Name): readonly string[] | undefined {
  const values = [query[name] ?? []].flat().filter((value) => value !== '');
  if (values.length > mostValues || values.some(({ length }) => length > longestValue))
    throw invalid(name, 'is too long');
  return values.length === 0 ? undefined : values;
}

function time(query: ParsedUrlQuery, name: Name): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw invalid(name, 'must be a time such as 2026-01-31T12:00:00Z');
  return at;
}

function invalid(name: Name, what: string): Refused {
  return new Refused(400, 'invalid', `${name} ${what}`);
}
