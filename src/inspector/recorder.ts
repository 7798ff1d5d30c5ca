import type { Endpoint, Route } from '../core/model.js';
import { outcomeOf, outcomeOfRefusal } from '../core/outcome.js';
import type { DeliveryEnd } from '../server/http/observer.js';
import type { DeliveryOutcome } from './contract.js';
import { Counters, type CountersPart } from './counters.js';
import { Interned } from './interned.js';
import { Ring } from './ring.js';
import type { Seq } from './seq.js';
import { type UnknownPart, UnknownPaths } from './unknown-paths.js';
import { writeTexts } from './write-row.js';

/** Rows of what was proven, and of everything else, which anybody can send; bytes of their texts. */
const sizes = { proven: { rows: 8_000, bytes: 4 * 1024 * 1024 }, others: { rows: 2_000, bytes: 512 * 1024 } };

const places = {
  accepted: 0,
  spooled: 1,
  duplicate: 2,
  dead_lettered: 3,
  unproven: 4,
  handshake: 5,
  refused: 6,
  unavailable: 7,
  error: 8,
} as const satisfies { readonly [outcome in DeliveryOutcome]: number };

/** What a process has counted of an endpoint since its start. Times are milliseconds since the epoch. */
export interface EndpointPart {
  readonly name: string;
  readonly counters: CountersPart;
  /** 0: never. */
  readonly lastEvent: number;
  readonly secrets: readonly (readonly [name: string, lastUsed: number])[];
  readonly routes: readonly { readonly route: string; readonly hits: number; readonly last: number }[];
}

export interface ActivityPart {
  readonly endpoints: readonly EndpointPart[];
  readonly unknown: UnknownPart;
}

interface Hits {
  hits: number;
  last: number;
}

export interface EndpointLabel {
  readonly name: string;
  readonly path: string;
  readonly provider: string;
}

interface Watched {
  readonly endpoint: Endpoint;
  /** Place of its label. */
  readonly number: number;
  readonly counters: Counters;
  readonly secrets: Map<string, number>;
  lastEvent: number;
  /** By `nameRoute`: they outlive a reload. */
  readonly hits: Map<string, Hits>;
  readonly ofRoute: WeakMap<Route, Hits>;
}

/** Which of an endpoint's routes it is, for as long as nobody moves its declaration. */
export function nameRoute({ declaredAt, topic }: Pick<Route, 'declaredAt' | 'topic'>): string {
  return `${declaredAt} ${topic}`;
}

export interface RecorderOptions {
  /** Slot of this process. */
  readonly worker?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Notes what becomes of deliveries, in bounded memory and in less than a microsecond each; words are made of it when
 * somebody asks. What is proven and what anybody can send have a ring each, so that nobody can push out the former.
 */
export class Recorder {
  readonly proven = new Ring(sizes.proven.rows, sizes.proven.bytes);
  readonly others = new Ring(sizes.others.rows, sizes.others.bytes);
  readonly endpoints: EndpointLabel[] = [{ name: '', path: '', provider: '' }];
  readonly reasons = new Interned();
  readonly worker: number;
  readonly #watched = new Map<string, Watched>();
  readonly #unknown = new UnknownPaths();
  readonly #now: () => number;
  #time = 0;
  #number = 0;

  constructor({ worker = 0, now = Date.now }: RecorderOptions = {}) {
    this.worker = worker;
    this.#now = now;
  }

  /** As a `DeliveryObserver`. */
  note(end: DeliveryEnd): void {
    const ms = performance.now() - end.startedAt;
    // To ask one clock is as dear as to count.
    const now = end.delivery === undefined ? this.#now() : Math.round(end.delivery.receivedAt + ms);
    this.#time = Math.max(this.#time, now);
    const { endpoint, delivery, outcome, bodyAt, startedAt, status } = end;
    const place = places[outcomeOfEnd(end)];
    const watched = endpoint === undefined ? undefined : this.#watch(endpoint, now);
    if (watched === undefined) this.#unknown.note(end.path, end.client, now);
    else count(watched, end, now, place, ms);
    const reason = end.rejection ?? outcome?.rejected[0];
    const { text, more } = writeTexts(end);
    const ring = outcome?.secret === undefined ? this.others : this.proven;
    ring.add(
      {
        time: this.#time,
        number: ++this.#number,
        at: delivery?.receivedAt ?? now - ms,
        ms,
        bodyMs: bodyAt === 0 ? 0 : bodyAt - startedAt,
        bytes: delivery?.body.length ?? 0,
        status,
        outcome: place,
        reason: reason === undefined ? 0 : this.reasons.numberOf(reason.code),
        endpoint: watched?.number ?? 0,
        more,
      },
      text,
    );
  }

  /** The place of the last row; of none, before all others. */
  get latest(): Seq {
    return { time: this.#time, worker: this.worker, number: this.#number };
  }

  activity(): ActivityPart {
    const now = this.#now();
    const endpoints = [...this.#watched].map(([name, { counters, secrets, lastEvent, hits }]) => ({
      name,
      counters: counters.read(now),
      lastEvent,
      secrets: [...secrets],
      routes: [...hits].map(([route, { hits: times, last }]) => ({ route, hits: times, last })),
    }));
    return { endpoints, unknown: this.#unknown.read() };
  }

  #watch(endpoint: Endpoint, now: number): Watched {
    const known = this.#watched.get(endpoint.name);
    if (known?.endpoint === endpoint) return known;
    const fresh = {
      counters: new Counters(now),
      secrets: new Map(),
      lastEvent: 0,
      hits: new Map(),
      ofRoute: new WeakMap(),
    };
    const watched = { ...(known ?? fresh), endpoint, number: this.#label(endpoint) };
    this.#watched.set(endpoint.name, watched);
    return watched;
  }

  /** A reload may bring an endpoint with another path: rows that are kept stay with the old one. */
  #label({ name, path, provider }: Endpoint): number {
    const isIt = (each: EndpointLabel) => each.name === name && each.path === path && each.provider === provider.name;
    const known = this.endpoints.findIndex(isIt);
    return known < 0 ? this.endpoints.push({ name, path, provider: provider.name }) - 1 : known;
  }
}

function count(watched: Watched, { delivery, outcome }: DeliveryEnd, now: number, place: number, ms: number): void {
  watched.counters.count(now, place, outcome === undefined ? undefined : ms);
  if (outcome === undefined || delivery === undefined) return;
  if (outcome.secret !== undefined) watched.secrets.set(outcome.secret, delivery.receivedAt);
  if (outcome.accepted.length > 0) watched.lastEvent = delivery.receivedAt;
  for (const { route } of outcome.accepted) {
    const hits = watched.ofRoute.get(route) ?? addRoute(watched, route);
    hits.hits++;
    hits.last = delivery.receivedAt;
  }
}

/** A reload brings the same routes as other objects. */
function addRoute({ hits, ofRoute }: Watched, route: Route): Hits {
  const name = nameRoute(route);
  const known = hits.get(name) ?? { hits: 0, last: 0 };
  hits.set(name, known);
  ofRoute.set(route, known);
  return known;
}

function outcomeOfEnd({ outcome, rejection }: DeliveryEnd): DeliveryOutcome {
  if (outcome !== undefined) return outcomeOf(outcome);
  return rejection === undefined ? 'error' : outcomeOfRefusal(rejection);
}
