import type { GivenUp } from './body.js';

/** Milliseconds over which the rate of a body is looked at: longer than a lost packet is sent again and again. */
const rateWindow = 3_000;
/** That are given up at a time: the answers to thousands would keep others waiting. */
const mostAtOnce = 100;
/** The parts of all bytes that may be those of one sender, and of one endpoint, before their bodies are given up first. */
const senderShare = 1 / 8;
const endpointShare = 1 / 2;

/** A body that is not complete. Times are milliseconds of one clock. */
export interface Arrival {
  readonly startedAt: number;
  readonly endpoint: string;
  readonly client: () => string;
  /** Bytes of memory. */
  readonly held: number;
  /** Bytes that came. */
  readonly received: number;
  lookedAt: number;
  before: number;
}

/** The bodies that are not complete, the oldest first. */
export class Arrivals<Each extends Arrival = Arrival> {
  /** That they hold. */
  bytes = 0;
  readonly #all = new Set<Each>();

  get size(): number {
    return this.#all.size;
  }

  add(arrival: Each): void {
    this.#all.add(arrival);
  }

  delete(arrival: Each): void {
    if (this.#all.delete(arrival)) this.bytes -= arrival.held;
  }

  /**
   * Those to give up, so that `needed` bytes get free of `most` that there are. First come the bodies of a sender that has more
   * than its share, then those of such an endpoint, then any; of each the oldest first: who sends honestly is done soon.
   */
  choose(needed: number, most: number): readonly Each[] {
    const chosen = new Set<Each>();
    let left = needed;
    const pass = (keyOf: (arrival: Each) => string, share: number) => {
      const sums = new Map<string, number>();
      for (const each of this.#all) {
        if (!chosen.has(each)) sums.set(keyOf(each), (sums.get(keyOf(each)) ?? 0) + each.held);
      }
      for (const each of this.#all) {
        if (left <= 0) return;
        const sum = sums.get(keyOf(each)) ?? 0;
        if (chosen.has(each) || each.held === 0 || sum <= share) continue;
        chosen.add(each);
        sums.set(keyOf(each), sum - each.held);
        left -= each.held;
      }
    };
    pass((each) => each.client(), most * senderShare);
    pass((each) => each.endpoint, most * endpointShare);
    pass(() => '', 0);
    return [...chosen];
  }

  /**
   * Those that take too long; the others of them are found the next time. `late`: the event loop was, so that bytes may have come
   * which nobody has seen.
   */
  findSlow(
    now: number,
    { bodyTimeout, bodyRate }: { readonly bodyTimeout: number; readonly bodyRate: number },
    late: boolean,
  ): readonly (readonly [Each, GivenUp])[] {
    const slow: (readonly [Each, GivenUp])[] = [];
    for (const each of this.#all) {
      if (slow.length >= mostAtOnce) break;
      const time = now - each.lookedAt;
      if (!late && now - each.startedAt >= bodyTimeout) slow.push([each, 'body_timeout']);
      else if (!late && time < rateWindow) continue;
      else if (!late && each.received - each.before < (bodyRate * time) / 1000) slow.push([each, 'body_too_slow']);
      each.lookedAt = now;
      each.before = each.received;
    }
    return slow;
  }
}
