import type { Endpoint } from '../../core/model.js';
import { Rejection } from '../../core/rejection.js';
import { senderOf } from '../../util/address.js';

/** Seconds of a rate that may come at once. */
const burst = 10;
/** Milliseconds for which a sender that has proven a request is not refused, and between two notes of that. */
const trustTime = 24 * 60 * 60 * 1000;
const noteInterval = 60_000;
/** Senders that are remembered: of each kind. The one that was noted first is forgotten. */
const mostSenders = 10_000;

export interface RateLimits {
  /** Requests a second that were read and not proven. */
  readonly unprovenPerAddress: number;
}

/** Rises by one with each request, and sinks with time. */
interface Level {
  value: number;
  /** When it had this value. */
  at: number;
}

/**
 * Refuses before the body is read: the requests of a sender that has sent too many which nobody could prove, and those to an
 * endpoint that has taken too many which were proven. Strangers use up nothing of an endpoint's rate, and no sender is refused
 * that has proven a request within a day: others may share its address. Times are milliseconds of one clock.
 */
export class Rates {
  limits: RateLimits;
  /** Whose address stands for many senders. */
  trusts: (address: string) => boolean;
  readonly #unproven = new Map<string, Level>();
  /** Sender → when it was noted that it has proven a request. */
  readonly #proven = new Map<string, number>();
  readonly #endpoints = new Map<string, Level>();

  constructor(limits: RateLimits, trusts: (address: string) => boolean) {
    this.limits = limits;
    this.trusts = trusts;
  }

  /** How many senders. */
  get remembered(): { readonly unproven: number; readonly proven: number } {
    return { unproven: this.#unproven.size, proven: this.#proven.size };
  }

  /** Throws a `Rejection`. Whoever is in `allow` of an endpoint is not counted there. */
  enter({ name, rate, allow }: Pick<Endpoint, 'name' | 'rate' | 'allow'>, client: string, now: number): void {
    if (rate !== undefined && isFull(this.#endpoints.get(name), rate, now)) {
      throw new Rejection('endpoint_rate_exceeded');
    }
    if (this.#unproven.size === 0 || allow !== undefined) return;
    const level = this.#unproven.get(senderOf(client));
    if (isFull(level, this.limits.unprovenPerAddress, now) && !this.#isKnown(client, now)) {
      throw new Rejection('address_rate_exceeded');
    }
  }

  /** Whether a client may begin a TLS handshake. It counts as a request that proves nothing: it costs as much, or more. */
  enterHandshake(client: string, now: number): boolean {
    if (this.#isKnown(client, now)) return true;
    const sender = senderOf(client);
    if (isFull(this.#unproven.get(sender), this.limits.unprovenPerAddress, now)) return false;
    raise(this.#unproven, sender, this.limits.unprovenPerAddress, now);
    return true;
  }

  #isKnown(client: string, now: number): boolean {
    const noted = this.#proven.get(senderOf(client));
    return this.trusts(client) || (noted !== undefined && now - noted < trustTime);
  }

  /** A request that was let in and read is proven. */
  countProven({ name, rate }: Pick<Endpoint, 'name' | 'rate'>, client: string, now: number): void {
    if (rate !== undefined) raise(this.#endpoints, name, rate, now);
    const sender = senderOf(client);
    const noted = this.#proven.get(sender);
    if (noted !== undefined && now - noted < noteInterval) return;
    put(this.#proven, sender, now);
  }

  /** A request that was let in and read is not. */
  countUnproven({ allow }: Pick<Endpoint, 'name' | 'allow'>, client: string, now: number): void {
    if (allow === undefined) raise(this.#unproven, senderOf(client), this.limits.unprovenPerAddress, now);
  }
}

/** `rate`: in a second. */
function isFull(level: Level | undefined, rate: number, now: number): boolean {
  return level !== undefined && valueAt(level, rate, now) >= rate * burst;
}

function valueAt({ value, at }: Level, rate: number, now: number): number {
  return Math.max(0, value - (Math.max(0, now - at) / 1000) * rate);
}

/** What is let in together may be more than a burst. It counts up to twice of that, so that nobody is shut out for long. */
function raise(levels: Map<string, Level>, name: string, rate: number, now: number): void {
  const level = levels.get(name);
  if (level === undefined) {
    put(levels, name, { value: 1, at: now });
    return;
  }
  level.value = Math.min(valueAt(level, rate, now) + 1, rate * burst * 2);
  level.at = Math.max(level.at, now);
}

function put<Value>(map: Map<string, Value>, name: string, value: Value): void {
  map.delete(name);
  const [oldest] = map.keys();
  if (map.size >= mostSenders && oldest !== undefined) map.delete(oldest);
  map.set(name, value);
}
