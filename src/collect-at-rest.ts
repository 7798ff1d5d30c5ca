import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Milliseconds between two looks. */
const interval = 5_000;
/** After so many deliveries there is something to collect. */
const enough = 10_000;
/** Looks without a delivery; the second collection finds that little was allocated since the first, and shrinks the nursery. */
const collectAt = [2, 3];

export interface Surroundings {
  /** Calls back every so many milliseconds; returns what ends it. */
  readonly every: (milliseconds: number, call: () => void) => () => void;
  readonly collect: () => void;
}

/**
 * Gives memory back once the gateway has had much to do and has nothing to do any more: V8 collects when it allocates, so
 * a process at rest keeps for ever what its busiest minute took, some 40 MiB. It takes about 25 ms, ten seconds after the last
 * delivery. `deliveries`: how many there were so far. Returns what ends it.
 */
export function collectAtRest(deliveries: () => number, { every, collect }: Surroundings = real): () => void {
  let collected = 0;
  let last = 0;
  let quiet = 0;
  return every(interval, () => {
    const now = deliveries();
    quiet = now === last ? quiet + 1 : 0;
    last = now;
    if (now - collected < enough || !collectAt.includes(quiet)) return;
    collect();
    if (quiet === collectAt.at(-1)) collected = now;
  });
}

const real: Surroundings = {
  every(milliseconds, call) {
    const timer = setInterval(call, milliseconds).unref();
    return () => clearInterval(timer);
  },
  collect() {
    // Node.js has no function for it, but V8 gives one to a context that is made with this flag.
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    setFlagsFromString('--no-expose-gc');
    if (typeof collect === 'function') collect();
  },
};
