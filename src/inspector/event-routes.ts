import type { Router } from '../server/http/koa.js';
import type { EventLookup } from '../storage/dedupe/lookup.js';
import { type Ask, pick } from './ask.js';
import { answering, Refused } from './respond.js';

/** Characters of an id that is looked up. */
const longestId = 500;

/** `GET /events/ID?type=`: an `EventLookup`, what the workers' memory of published events has of an id. */
export function addEventRoutes(router: Router, ask: Ask): void {
  router.get(
    '/events/:id',
    answering(async ({ params, query }) => {
      const id: unknown = params.id;
      const { type } = query;
      if (typeof id !== 'string' || id.length > longestId || Array.isArray(type))
        throw new Refused(400, 'invalid', `Give an id of at most ${longestId} characters, and at most one type`);
      const parts = pick(await ask(() => ({ ask: 'event', id, type })), 'event');
      if (parts.length === 0) throw new Refused(503, 'unavailable', 'No worker answers: ask again');
      return mergeLookups(id, parts);
    }),
  );
}

/** Workers have one window on disk, and each what it has not written yet. */
function mergeLookups(id: string, parts: readonly EventLookup[]): EventLookup {
  const places = new Map(parts.flatMap((part) => part.places).map((place) => [JSON.stringify(place), place]));
  const most = (of: (part: EventLookup) => number) => Math.max(...parts.map(of));
  return { id, places: [...places.values()], count: most(({ count }) => count), types: most(({ types }) => types) };
}
