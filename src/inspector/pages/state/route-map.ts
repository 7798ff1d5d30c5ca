import type { RouteHits } from '../../contract.js';

/** A label of the drawing; `y` is its middle. */
export interface Node {
  readonly text: string;
  readonly y: number;
}

export interface Edge {
  readonly from: number;
  readonly to: number;
  /** Of the line. */
  readonly width: number;
  readonly state: 'taken' | 'unused' | 'dead';
  readonly title: string;
}

export interface RouteMap {
  /** What events a route takes, in the order in which the routes are tried. */
  readonly left: readonly Node[];
  /** Topics, in the order in which they are first named. */
  readonly right: readonly Node[];
  readonly edges: readonly Edge[];
  readonly height: number;
  /** Where the lines begin: at the end of the longest label. */
  readonly start: number;
}

/** Characters of the longest label that is drawn. */
export const longest = 44;

const step = 26;

/** The routes of one endpoint as lines from event types to topics; wide where much has gone. */
export function drawRoutes(routes: readonly RouteHits[]): RouteMap {
  const topics = [...new Set(routes.map(({ topic }) => topic))];
  const height = Math.max(routes.length, topics.length) * step;
  const most = Math.max(1, ...routes.map(({ hits }) => hits));
  const left = routes.map((route, index) => ({ text: describeEvents(route), y: middle(index, routes.length, height) }));
  const right = topics.map((text, index) => ({ text, y: middle(index, topics.length, height) }));
  const edges = routes.map((route, index) => ({
    from: left[index]?.y ?? 0,
    to: right[topics.indexOf(route.topic)]?.y ?? 0,
    width: route.hits === 0 ? 1 : 1.5 + 5 * (Math.log1p(route.hits) / Math.log1p(most)),
    state: stateOf(route),
    title: `${describeEvents(route)} to ${route.topic}: ${describeHits(route)}`,
  }));
  const start = Math.ceil(Math.max(0, ...left.map(({ text }) => widthOf(text)))) + 8;
  return { left, right, edges, height, start };
}

/** About so wide a label is in the 13 pixels of the drawing. */
function widthOf(text: string): number {
  const shown = text.slice(0, longest);
  return shown.length * 7 + shown.replace(/[^A-Z]/g, '').length * 3;
}

function middle(index: number, of: number, height: number): number {
  return ((index + 0.5) * height) / of;
}

/** `dead`: no event can get there, because a route before it takes everything. */
export function stateOf({ reachable, hits }: Pick<RouteHits, 'reachable' | 'hits'>): Edge['state'] {
  if (!reachable) return 'dead';
  return hits === 0 ? 'unused' : 'taken';
}

export function describeHits(route: Pick<RouteHits, 'reachable' | 'hits'>): string {
  const state = stateOf(route);
  if (state === 'dead') return 'dead: no event can reach it';
  return state === 'unused' ? 'no event since the start' : `${route.hits} since the start`;
}

export function describeEvents({ events }: Pick<RouteHits, 'events'>): string {
  return events.length === 0 || events.includes('*') ? 'every type' : events.join(', ');
}

/** A line that leaves and arrives level. */
export function curve({ from, to }: Pick<Edge, 'from' | 'to'>, start: number, end: number): string {
  const half = (start + end) / 2;
  return `M${start} ${from}C${half} ${from} ${half} ${to} ${end} ${to}`;
}
