import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Milliseconds between two looks. */
const interval = 5_000;
/** After so many deliveries there is something to collect. */
const enough = 10_000;
/** Looks without a delivery; the second collection finds that little was allocated since the first, and shrinks the nursery. */
const collectAt = [2, 3];

/**
 * Gives memory back once the gateway has had much to do and has nothing to do any more: V8 collects when it allocates, so
 * a process at rest keeps forever what its busiest minute took, some 40 MiB. It takes about 25 ms, ten seconds after the last
 * delivery. `deliveries`: how many there were so far. Returns what ends it.
 */
export function collectAtRest(deliveries: () => number, collect = collectGarbage): () => void {
  let collected = 0;
  let last = 0;
  let quiet = 0;
  const timer = setInterval(() => {
    const now = deliveries();
    quiet = now === last ? quiet + 1 : 0;
    last = now;
    if (now - collected < enough || !collectAt.includes(quiet)) return;
    collect();
    if (quiet === collectAt.at(-1)) collected = now;
  }, interval).unref();
  return () => clearInterval(timer);
}

/** All of it. Node.js has no function for it, but V8 gives one to a context that is made with this flag. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') collect();
}
