import type { DeliveryQuery, DeliveryRow } from '../../contract.js';
import { type Query, writeQuery } from './place.js';

/** Parameters of the address that choose deliveries: those of `GET /deliveries`. */
const names = [
  'q',
  'endpoint',
  'outcome',
  'reason',
  'type',
  'from',
  'to',
] as const satisfies readonly (keyof DeliveryQuery)[];

export type Filters = { readonly [name in (typeof names)[number]]?: string };

export function readFilters(query: Query): Filters {
  return Object.fromEntries(names.flatMap((name) => (query[name] ? [[name, query[name]]] : [])));
}

/** The address of the list, with `more` parameters of the server. */
export function listPath(path: string, filters: Filters, more: Query = {}): string {
  return `${path}${writeQuery({ ...filters, ...more })}`;
}

/** A field of a date and time has local time without a zone; the server wants RFC 3339. '' for what is not a time. */
export function fromLocal(text: string): string {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

export function toLocal(time: string | undefined): string {
  const at = new Date(time ?? '');
  if (Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export interface Summary {
  readonly type: string;
  readonly id: string;
  readonly topic: string;
  /** Events beside the one that the others are of. */
  readonly others: number;
}

/** The first event of a delivery stands for all of them. */
export function summarize({ events, more = 0 }: Pick<DeliveryRow, 'events' | 'more'>): Summary {
  const [first] = events;
  if (first === undefined) return { type: '', id: '', topic: '', others: more };
  const { type = '', id = '', topic = '' } = first;
  return { type, id, topic, others: events.length - 1 + more };
}
