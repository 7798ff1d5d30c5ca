import { Failure } from '../exit.js';
import type { DeliveryEvent, DeliveryList, DeliveryRow } from '../inspector/contract.js';
import { fieldsOf } from '../util/values.js';
import { askAdmin } from './admin-client.js';
import type { FoundPart, Searched, Sighting } from './find.js';
import { countNoun } from './search-cuts.js';
import { formatAge } from './time.js';

interface AskOptions {
  readonly config?: string | undefined;
  readonly url?: string | undefined;
}

/** What the running gateway knows of an id: its last deliveries, and the events of its dedupe window. */
export async function askGateway(id: string, options: AskOptions): Promise<FoundPart> {
  const name = encodeURIComponent(id);
  try {
    const deliveries = await askAdmin(options, 'GET', `/deliveries?q=${name}&limit=100`).catch(unlessUnknown);
    const index = await askAdmin(options, 'GET', `/events/${name}`).catch(unlessUnknown);
    const parts = [readDeliveries(id, deliveries), readIndex(id, index)];
    return { found: parts.flatMap(({ found }) => found), searched: parts.flatMap(({ searched }) => searched) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // What it has kept is searched all the same.
    return { found: [], searched: [{ source: 'gateway', span: `not asked: ${error.message}`, found: 0, cuts: [] }] };
  }
}

/** Another version of the gateway has no such route. */
function unlessUnknown(error: unknown): undefined {
  if (error instanceof Failure && / answers 404/.test(error.message)) return undefined;
  throw error;
}

function readDeliveries(id: string, answer: unknown): FoundPart {
  if (!isList(answer)) return { found: [], searched: [] };
  const { rows, kept, since } = answer;
  const found = rows.flatMap((row) => toSightings(id, row));
  const span =
    since === undefined
      ? 'no delivery yet'
      : `${countNoun(kept, 'delivery')}, the oldest of ${formatAge(Date.now() - Date.parse(since))} ago`;
  return { found, searched: [{ source: 'gateway', span, found: found.length, cuts: [] }] };
}

/** `q` also finds what only begins with the id. */
function toSightings(id: string, row: DeliveryRow): readonly Sighting[] {
  const { endpoint, at, status, outcome, reason } = row;
  const common = { source: 'gateway', endpoint, at, status, delivery: row.id } as const;
  const events = row.events.filter((event) => row.id === id || event.id === id || event.key === id);
  if (events.length > 0) return events.map((event) => ({ ...common, ...toSighting(event), state: event.outcome }));
  return row.id === id ? [{ ...common, state: outcome, ...(reason !== undefined && { reason }) }] : [];
}

function toSighting({ id, type, topic, partition, offset, key, reason }: DeliveryEvent): Partial<Sighting> {
  const place = topic === undefined ? undefined : partition === undefined ? topic : `${topic}/${partition}@${offset}`;
  return {
    ...(id !== undefined && { eventId: id }),
    ...(type !== undefined && { type }),
    ...(place !== undefined && { place }),
    ...(key !== undefined && { key }),
    ...(reason !== undefined && { reason }),
  };
}

function isList(value: unknown): value is DeliveryList {
  const { rows, kept } = fieldsOf(value);
  return typeof kept === 'number' && Array.isArray(rows) && rows.every(isRow);
}

function isRow(value: unknown): value is DeliveryRow {
  const { id, events } = fieldsOf(value);
  return typeof id === 'string' && Array.isArray(events);
}

/** See `EventLookup` in src/storage/dedupe/lookup.ts. */
function readIndex(id: string, answer: unknown): FoundPart {
  const { places, types, count } = fieldsOf(answer);
  if (!Array.isArray(places)) return { found: [], searched: [] };
  const found = places.map((place: unknown): Sighting => {
    const { endpoint, type, topic, partition, offset } = fieldsOf(place);
    const where = partition === undefined ? String(topic) : `${topic}/${partition}@${offset}`;
    return {
      state: partition === undefined ? 'spooled' : 'published',
      source: 'index',
      endpoint: String(endpoint),
      eventId: id,
      place: where,
      ...(typeof type === 'string' && { type }),
    };
  });
  const span = `${countNoun(Number(count ?? 0), 'event')} of the dedupe window, under ${countNoun(Number(types ?? 0), 'known event type')}`;
  const searched: Searched = { source: 'index', span, found: found.length, cuts: [] };
  return { found, searched: [searched] };
}
