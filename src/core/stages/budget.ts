import { senderOf } from '../../util/address.js';

/** What may be kept in a minute. */
export interface Budget {
  readonly perMinute: number;
  readonly bytesPerMinute: number;
  /** Among so many it is shared. */
  readonly endpoints: number;
}

type Amounts = Omit<Budget, 'endpoints'>;

/** What is to be kept. */
export interface Reservation {
  /** Name of the endpoint. */
  readonly endpoint: string;
  /** IP address, where it is known. */
  readonly client?: string | undefined;
  readonly bytes: number;
}

/** The part of the budget that one sender gets at the most, and one of several endpoints. */
const share = 1 / 2;
/** Senders that are remembered. */
const mostSenders = 1_000;

/**
 * Token buckets, for the count and for the bytes: a minute's worth at once, refilled evenly over the minute. One sender, and
 * one of several endpoints, gets half of it, so that nobody uses up what others need. `take(now)` in milliseconds since any
 * epoch; a clock that goes back refills nothing. When the budget changes, what was taken stays taken. What is larger than the
 * bytes that are left is kept, and the next has to wait for it: a limit below `server.limits.body` would keep none.
 */
export function createBudget(budget: () => Budget): (now: number, claim: Reservation) => boolean {
  const all = new Bucket(budget());
  const endpoints = new Map<string, Bucket>();
  const senders = new Map<string, Bucket>();

  function take(now: number, { endpoint, client = '', bytes }: Reservation): boolean {
    const { perMinute, bytesPerMinute, endpoints: count } = budget();
    if (perMinute < 1) return false;
    const part = { perMinute: Math.max(1, perMinute * share), bytesPerMinute: bytesPerMinute * share };
    const buckets = [
      all.refill(now, { perMinute, bytesPerMinute }),
      find(senders, senderOf(client), part).refill(now, part),
      ...(count > 1 ? [find(endpoints, endpoint, part).refill(now, part)] : []),
    ];
    if (!buckets.every((bucket) => bucket.hasSome())) return false;
    for (const bucket of buckets) bucket.take(bytes);
    return true;
  }

  return take;
}

function find(buckets: Map<string, Bucket>, name: string, part: Amounts): Bucket {
  const bucket = buckets.get(name) ?? new Bucket(part);
  // The one that was used last is the last: the first one to forget was not used for the longest time.
  buckets.delete(name);
  buckets.set(name, bucket);
  const [oldest] = buckets.keys();
  if (buckets.size > mostSenders && oldest !== undefined) buckets.delete(oldest);
  return bucket;
}

/** Full at first. */
class Bucket {
  #count: number;
  #bytes: number;
  #last = Number.POSITIVE_INFINITY;

  constructor({ perMinute, bytesPerMinute }: Amounts) {
    this.#count = perMinute;
    this.#bytes = bytesPerMinute;
  }

  refill(now: number, { perMinute, bytesPerMinute }: Amounts): this {
    const minutes = Math.max(0, now - this.#last) / 60_000;
    this.#count = Math.min(perMinute, this.#count + minutes * perMinute);
    this.#bytes = Math.min(bytesPerMinute, this.#bytes + minutes * bytesPerMinute);
    this.#last = now;
    return this;
  }

  hasSome(): boolean {
    return this.#count >= 1 && this.#bytes > 0;
  }

  take(bytes: number): void {
    this.#count -= 1;
    this.#bytes -= bytes;
  }
}
