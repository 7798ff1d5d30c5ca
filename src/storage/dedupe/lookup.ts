import type { Endpoint } from '../../core/model.js';
import type { ClosableDedupe } from './dedupe.js';

/** What the memory of published events knows of an id: the answer of `GET /events/ID`. */
export interface EventLookup {
  readonly id: string;
  readonly places: readonly EventPlace[];
  /** Events that are remembered. */
  readonly count: number;
  /**
   * Event types under which it was looked up: an event is known by its endpoint, id and type, so that of a type which no
   * plugin and no route names nothing is found.
   */
  readonly types: number;
}

/** Where an event lies that was published. */
export interface EventPlace {
  /** Name. */
  readonly endpoint: string;
  /** Absent: a former gateway has remembered it without. */
  readonly type?: string;
  readonly topic: string;
  /** Absent while it is in the spool. */
  readonly partition?: number;
  /** A 64-bit number, as text. */
  readonly offset?: string;
}

/** Names that are tried: some 10 ms of the processor. */
const most = 5_000;

/** Looks an event id up. `type`: only under this one. */
export function lookUp(
  dedupe: Pick<ClosableDedupe, 'locate' | 'count'>,
  endpoints: readonly Pick<Endpoint, 'name' | 'provider' | 'routes'>[],
  id: string,
  type?: string,
): EventLookup {
  const places: EventPlace[] = [];
  let types = 0;
  for (const endpoint of endpoints) {
    const known = type === undefined ? typesOf(endpoint) : [type];
    for (const each of [...known, undefined]) {
      if (types >= most) break;
      if (each !== undefined) types++;
      const placement = dedupe.locate?.(endpoint.name, id, each);
      if (placement === undefined) continue;
      const offsets =
        'spooled' in placement ? {} : { partition: placement.partition, offset: String(placement.offset) };
      const named = each === undefined ? {} : { type: each };
      places.push({ endpoint: endpoint.name, ...named, topic: placement.topic, ...offsets });
    }
  }
  return { id, places, count: dedupe.count() ?? 0, types };
}

function typesOf({ provider, routes }: Pick<Endpoint, 'provider' | 'routes'>): readonly string[] {
  const named = routes.flatMap(({ events = [] }) => events.filter((pattern) => !pattern.includes('*')));
  return [...new Set([...provider.eventTypes, ...named])];
}
