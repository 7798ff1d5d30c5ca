import type { KeyDocument, KeyRequest, KeySource } from '../model.js';
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
/** Deliveries that nobody has proven name keys: what they can make the gateway fetch is bounded. */
const mostKept = 500;
const mostPerMinute = 120;
const mostAtOnce = 8;

const nothing: KeyDocument = { text: '' };

/**
 * Fetches keys and keeps them: five minutes, and a day where the server fails. Waiters for the same key share one
 * request. A refusal (a status below 500, or a redirect) counts as an empty document, which is no key; what may be
 * cured by waiting is undefined.
 */
export function createKeySource(options: KeySourceOptions = {}): KeySource {
  const { fetch = fetchKey, now = Date.now, log } = options;
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<KeyDocument | undefined>>();
  let minuteStarted = Number.NEGATIVE_INFINITY;
  let asked = 0;

  function mayAsk(time: number): boolean {
    if (time - minuteStarted >= minute) {
      minuteStarted = time;
      asked = 0;
    }
    return underWay.size < mostAtOnce && asked++ < mostPerMinute;
  }

  function keep(id: string, document: KeyDocument | undefined, time: number, good: boolean): void {
    kept.delete(id);
    const [oldest] = kept.keys();
    if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
    kept.set(id, {
      document,
      fresh: time + (good ? freshFor : failedFor),
      usable: time + (good ? usableFor : failedFor),
    });
  }

  async function ask(request: KeyRequest, old: Kept | undefined): Promise<KeyDocument | undefined> {
    const stale = old?.document !== undefined && now() < old.usable ? old : undefined;
    try {
      const { status, text } = await fetch(request);
      if (status >= 500 || status === 429) throw new Error(`status ${status}`);
      const good = status === 200 && text !== '';
      const same = good && old?.document?.text === text ? old.document : undefined;
      const document = same ?? (good ? { text } : nothing);
      keep(request.id, document, now(), good);
      return document;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log?.('warn', 'a key of a provider could not be fetched', { host: new URL(request.url).hostname, reason });
      if (stale === undefined) keep(request.id, undefined, now(), false);
      else kept.set(request.id, { ...stale, fresh: now() + failedFor });
      return stale?.document;
    }
  }

  async function get(request: KeyRequest): Promise<KeyDocument | undefined> {
    const { id } = request;
    const old = kept.get(id);
    if (old !== undefined && now() < old.fresh) return old.document;
    const shared = underWay.get(id);
    if (shared !== undefined) return shared;
    if (!mayAsk(now())) return old?.document;
    const asking = ask(request, old).finally(() => underWay.delete(id));
    underWay.set(id, asking);
    return asking;
  }

  return { get };
}
