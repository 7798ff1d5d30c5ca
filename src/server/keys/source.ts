import type { KeyDocument, KeyRequest, KeySource } from '../../core/model.js';
import { errorText } from '../../util/errors.js';
import { type FetchKey, fetchKey } from './fetch.js';

export interface KeySourceOptions {
  readonly fetch?: FetchKey;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly log?: (severity: 'warn', message: string, fields: { readonly [name: string]: unknown }) => void;
}

interface Kept {
  /** Absent: it couldn't be had. */
  readonly document: KeyDocument | undefined;
  /** Until then it isn't asked for again; and until then it may still be used if nothing better is to be had. */
  readonly fresh: number;
  readonly usable: number;
}

const minute = 60_000;
const freshFor = 5 * minute;
const usableFor = 24 * 60 * minute;
const failedFor = minute / 2;
/**
 * Deliveries that nobody has proven name keys: what they can make the gateway fetch is bounded, for each endpoint by
 * itself. Providers have a handful of keys.
 */
const mostGood = 100;
const mostFailed = 200;
const newPerMinute = 30;
const newAtOnce = 4;

const nothing: KeyDocument = { text: '' };

/**
 * Fetches keys and keeps them: five minutes, and a day where the server fails. Waiters for the same key share one
 * request. A refusal (a status below 500, or a redirect) counts as an empty document, which is no key; what may be
 * cured by waiting is undefined. Endpoints share nothing; and what strangers ask for in vain takes nothing from keys that
 * were there before: these stay, and are always asked for again.
 */
export function createKeySource(options: KeySourceOptions = {}): KeySource {
  const endpoints = new Map<string, EndpointKeys>();
  return {
    get(request, endpoint) {
      const keys = endpoints.get(endpoint) ?? new EndpointKeys(options);
      endpoints.set(endpoint, keys);
      return keys.get(request);
    },
  };
}

class EndpointKeys {
  readonly #fetch: FetchKey;
  readonly #now: () => number;
  readonly #log: KeySourceOptions['log'];
  readonly #good = new Map<string, Kept>();
  readonly #failed = new Map<string, Kept>();
  readonly #underWay = new Map<string, Promise<KeyDocument | undefined>>();
  #newUnderWay = 0;
  #minuteStarted = Number.NEGATIVE_INFINITY;
  #newAsked = 0;

  constructor({ fetch = fetchKey, now = Date.now, log }: KeySourceOptions) {
    this.#fetch = fetch;
    this.#now = now;
    this.#log = log;
  }

  async get(request: KeyRequest): Promise<KeyDocument | undefined> {
    const { id } = request;
    const now = this.#now();
    const good = this.#good.get(id);
    const known = good !== undefined && now < good.usable ? good : undefined;
    const old = known ?? this.#failed.get(id);
    if (known !== undefined) put(this.#good, id, known, mostGood);
    if (old !== undefined && now < old.fresh) return old.document;
    const shared = this.#underWay.get(id);
    if (shared !== undefined) return shared;
    if (known === undefined && !this.#mayAskNew(now)) return undefined;
    const asking = this.#ask(request, known);
    this.#underWay.set(id, asking);
    return asking;
  }

  /** True within the budget for keys that were not there before. */
  #mayAskNew(now: number): boolean {
    if (now - this.#minuteStarted >= minute) {
      this.#minuteStarted = now;
      this.#newAsked = 0;
    }
    return this.#newUnderWay < newAtOnce && this.#newAsked++ < newPerMinute;
  }

  async #ask(request: KeyRequest, known: Kept | undefined): Promise<KeyDocument | undefined> {
    if (known === undefined) this.#newUnderWay++;
    try {
      return await this.#fetchOne(request, known);
    } finally {
      if (known === undefined) this.#newUnderWay--;
      this.#underWay.delete(request.id);
    }
  }

  async #fetchOne(request: KeyRequest, known: Kept | undefined): Promise<KeyDocument | undefined> {
    const { id, url } = request;
    try {
      const { status, text } = await this.#fetch(request);
      if (status >= 500 || status === 429) throw new Error(`status ${status}`);
      const good = status === 200 && text !== '';
      if (!good) this.#good.delete(id);
      const document = good ? (known?.document?.text === text ? known.document : { text }) : nothing;
      this.#keep(id, document, good);
      return document;
    } catch (error) {
      const reason = errorText(error);
      this.#log?.('warn', 'a key of a provider could not be fetched', { host: new URL(url).hostname, reason });
      if (known === undefined) this.#keep(id, undefined, false);
      else put(this.#good, id, { ...known, fresh: this.#now() + failedFor }, mostGood);
      return known?.document;
    }
  }

  #keep(id: string, document: KeyDocument | undefined, good: boolean): void {
    const now = this.#now();
    if (good) this.#failed.delete(id);
    const kept = { document, fresh: now + (good ? freshFor : failedFor), usable: now + (good ? usableFor : failedFor) };
    put(good ? this.#good : this.#failed, id, kept, good ? mostGood : mostFailed);
  }
}

/** At the end; where there are too many, the one that nobody has asked for longest goes. */
function put(map: Map<string, Kept>, id: string, kept: Kept, most: number): void {
  map.delete(id);
  const [oldest] = map.keys();
  if (map.size >= most && oldest !== undefined) map.delete(oldest);
  map.set(id, kept);
}
