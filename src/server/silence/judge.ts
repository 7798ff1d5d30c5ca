import type { Expectation } from '../../core/model.js';
import type { Known } from './state.js';

const day = 86_400_000;
/** The longest time without an event that was seen, so many times, is what counts as silence. */
const factor = 2;
/** Milliseconds below which nothing is silence that was learned. */
const shortest = 60_000;

/** Milliseconds after which events are overdue; undefined while that is still being learned. */
export function limitOf(
  { every, learn = 0 }: Expectation,
  { since, last = since, gaps }: Known,
  now: number,
): number | undefined {
  if (every !== undefined) return every;
  if (now - since < learn) return undefined;
  // Before the last event: what is usual does not change while nothing comes.
  const recent = Object.entries(gaps).filter(([on]) => isRecent(Number(on), learn, last));
  const longest = Math.max(0, ...recent.map(([, gap]) => gap));
  return longest === 0 ? undefined : Math.max(shortest, factor * longest);
}

/**
 * Notes that events came, the last of them at `at`. `learns`: whether the time before it tells what is usual. Of one that was
 * overdue it counts up to the limit: so it makes the next limit larger, but not as large as it was itself.
 */
export function note(known: Known, expectation: Expectation, at: number, learns: boolean): Known {
  const { last, gaps } = known;
  const { learn } = expectation;
  if (last !== undefined && at <= last) return known;
  if (learn === undefined || !learns || last === undefined) return { ...known, last: at };
  const gap = Math.min(at - last, limitOf(expectation, known, at) ?? Number.POSITIVE_INFINITY);
  const today = String(Math.floor(at / day));
  const kept = Object.entries(gaps).filter(([on]) => isRecent(Number(on), learn, at));
  return { ...known, last: at, gaps: { ...Object.fromEntries(kept), [today]: Math.max(gaps[today] ?? 0, gap) } };
}

function isRecent(on: number, learn: number, now: number): boolean {
  return (on + 1) * day > now - learn;
}
