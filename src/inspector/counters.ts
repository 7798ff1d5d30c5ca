import { deliveryOutcomes } from '../core/outcome.js';

const minutesKept = 60;
const minute = 60_000;
const outcomeCount = deliveryOutcomes.length;

/** Minutes whose latencies count, and how many are kept for that: the one that is running is not whole. */
const latencyMinutes = 5;
/** Each is 9 % longer than the one before; from a tenth of a millisecond to almost two minutes. */
const perDoubling = 8;
const shortest = 0.1;
const latencyCount = perDoubling * 20 + 1;

/** What a process has counted of an endpoint. Arrays are copies. */
export interface CountersPart {
  /** Since the epoch: the one that is running. */
  readonly minute: number;
  /** Oldest minute first, each with the outcomes in their order. */
  readonly counts: Uint32Array;
  /** Of the last 5 minutes, by length. */
  readonly latencies: Uint32Array;
}

/** Deliveries of an endpoint by minute and outcome, and how long those took that came to an end. */
export class Counters {
  readonly #counts = new Uint32Array(minutesKept * outcomeCount);
  readonly #latencies = new Uint32Array((latencyMinutes + 1) * latencyCount);
  #minute: number;

  /** `now`: milliseconds since the epoch, as everywhere here. */
  constructor(now: number) {
    this.#minute = Math.floor(now / minute);
  }

  /** `outcome`: its place in `deliveryOutcomes`. `ms`: absent: it was refused at once, so that it says nothing of latency. */
  count(now: number, outcome: number, ms: number | undefined): void {
    this.#advance(now);
    const at = (this.#minute % minutesKept) * outcomeCount + outcome;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    if (ms === undefined) return;
    const slot = (this.#minute % (latencyMinutes + 1)) * latencyCount + bucketOf(ms);
    this.#latencies[slot] = (this.#latencies[slot] ?? 0) + 1;
  }

  read(now: number): CountersPart {
    this.#advance(now);
    const oldest = (this.#minute + 1) % minutesKept;
    const counts = new Uint32Array(this.#counts.length);
    counts.set(this.#counts.subarray(oldest * outcomeCount));
    counts.set(this.#counts.subarray(0, oldest * outcomeCount), (minutesKept - oldest) * outcomeCount);
    const latencies = new Uint32Array(latencyCount);
    for (const [slot, count] of this.#latencies.entries()) {
      const bucket = slot % latencyCount;
      latencies[bucket] = (latencies[bucket] ?? 0) + count;
    }
    return { minute: this.#minute, counts, latencies };
  }

  /** Empties the minutes that have begun since. A clock that goes back counts in the minute that is running. */
  #advance(now: number): void {
    const next = Math.floor(now / minute);
    if (next <= this.#minute) return;
    for (let each = Math.max(this.#minute + 1, next - minutesKept + 1); each <= next; each++) {
      const counts = (each % minutesKept) * outcomeCount;
      this.#counts.fill(0, counts, counts + outcomeCount);
      const latencies = (each % (latencyMinutes + 1)) * latencyCount;
      this.#latencies.fill(0, latencies, latencies + latencyCount);
    }
    this.#minute = next;
  }
}

function bucketOf(ms: number): number {
  if (!(ms > shortest)) return 0;
  return Math.min(latencyCount - 1, Math.ceil(Math.log2(ms / shortest) * perDoubling));
}

/** The counts of several processes as those of one, up to the latest minute. */
export function mergeCounters(parts: readonly CountersPart[], now: number): CountersPart {
  const latest = parts.reduce((most, part) => Math.max(most, part.minute), Math.floor(now / minute));
  const counts = new Uint32Array(minutesKept * outcomeCount);
  const latencies = new Uint32Array(latencyCount);
  for (const part of parts) {
    const shift = (latest - part.minute) * outcomeCount;
    for (let at = shift; at < counts.length; at++)
      counts[at - shift] = (counts[at - shift] ?? 0) + (part.counts[at] ?? 0);
    for (const [bucket, count] of part.latencies.entries()) latencies[bucket] = (latencies[bucket] ?? 0) + count;
  }
  return { minute: latest, counts, latencies };
}

/** Milliseconds that this part of the deliveries did not take longer than, up to 9 % more; undefined: there was none. */
export function percentileOf({ latencies }: Pick<CountersPart, 'latencies'>, part: number): number | undefined {
  const total = latencies.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = Math.max(1, Math.ceil(total * part));
  const bucket = latencies.findIndex((count) => {
    left -= count;
    return left <= 0;
  });
  return Math.round(shortest * 2 ** (bucket / perDoubling) * 100) / 100;
}

/** Deliveries a second over the last minute: of the minute before as much as belongs to it, if they came evenly. */
export function rateOf({ minute: running, counts }: CountersPart, now: number): number {
  const sum = (at: number) =>
    counts.subarray(at * outcomeCount, (at + 1) * outcomeCount).reduce((all, one) => all + one, 0);
  const passed = Math.min(1, Math.max(0, now / minute - running));
  return Math.round(((sum(minutesKept - 2) * (1 - passed) + sum(minutesKept - 1)) / 60) * 100) / 100;
}

/** Each minute's counts by outcome, without zeros. */
export function minutesOf({ counts }: CountersPart): readonly { readonly [outcome: string]: number }[] {
  return Array.from({ length: minutesKept }, (_, at) =>
    Object.fromEntries(
      deliveryOutcomes.flatMap((outcome, place) => {
        const count = counts[at * outcomeCount + place] ?? 0;
        return count === 0 ? [] : [[outcome, count]];
      }),
    ),
  );
}
