import type { Endpoint, Route } from '../core/model.js';

/** Which event types of its provider's catalogue reach which route of an endpoint. */
export interface Coverage {
  readonly endpoint: string;
  readonly provider: string;
  /** Types in the plugin's catalogue; 0: it has none, and nothing can be said of types. */
  readonly eventTypes: number;
  readonly routes: readonly RouteCoverage[];
  /** Types that no route but one for every type takes. */
  readonly byDefault: readonly string[];
  /** Types that no route takes, whatever is in the event. */
  readonly unrouted: readonly string[];
}

export interface RouteCoverage {
  readonly topic: string;
  readonly declaredAt: string;
  readonly events: readonly string[];
  readonly when?: string;
  /** Types that get here, some of them perhaps only where the condition holds, or where those of routes before don't. */
  readonly types: readonly string[];
  /** False: no type of the catalogue gets here. A route for `*` is for types to come, unless one before takes those. */
  readonly reachable: boolean;
}

/** Holds the routes of an endpoint against its provider's catalogue, in the order in which they are tried. */
export function coverageOf({ name, provider, routes }: Endpoint): Coverage {
  const left = new Set(provider.eventTypes);
  const covered = routes.map((route, index) => {
    const before = routes.slice(0, index);
    const closed = before.some((each) => each.when === undefined && takesAll(each));
    const types = [...left].filter(route.matches);
    // What a condition refuses goes on to the next route.
    if (route.when === undefined) for (const type of types) left.delete(type);
    return cover(route, types, !closed && (provider.eventTypes.size === 0 || takesAll(route)));
  });
  const unrouted = [...provider.eventTypes].filter((type) => !routes.some(({ matches }) => matches(type)));
  const last = routes.findIndex((each) => each.when === undefined && takesAll(each));
  const named = (last === -1 ? routes : routes.slice(0, last)).filter((route) => !takesAll(route));
  const byDefault = [...provider.eventTypes].filter(
    (type) => !named.some(({ matches }) => matches(type)) && !unrouted.includes(type),
  );
  const { name: plugin, eventTypes } = provider;
  return { endpoint: name, provider: plugin, eventTypes: eventTypes.size, routes: covered, byDefault, unrouted };
}

/** Types to come, too. */
function takesAll({ events = ['*'] }: Route): boolean {
  return events.includes('*');
}

function cover(
  { topic, declaredAt, events = ['*'], when }: Route,
  types: readonly string[],
  open: boolean,
): RouteCoverage {
  const reachable = types.length > 0 || open;
  return { topic, declaredAt, events, ...(when !== undefined && { when: when.source }), types, reachable };
}
