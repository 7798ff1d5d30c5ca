import { type Counts, total } from './outcomes.js';

export interface Silence {
  /** Milliseconds since the last event. */
  readonly lasts: number;
  /** Deliveries that would have come in this time, had it gone on as before. */
  readonly expected: number;
}

/** With fewer, that none has come is chance: of 10 that are expected, none comes once in 20,000 times. */
const tell = 10;

/** Whether an endpoint has been quiet for longer than its last hour lets one expect. `minutes`: oldest first, the last one runs. */
export function findSilence(
  minutes: readonly Counts[],
  lastEvent: string | undefined,
  now: number,
): Silence | undefined {
  const lasts = now - Date.parse(lastEvent ?? '');
  const quiet = Math.floor(lasts / 60_000);
  if (!(quiet >= 1) || quiet >= minutes.length) return undefined;
  const before = minutes.slice(0, minutes.length - quiet);
  const first = before.findIndex((counts) => total(counts) > 0);
  if (first === -1) return undefined;
  const spoken = before.slice(first);
  const rate = spoken.reduce((sum, counts) => sum + total(counts), 0) / Math.max(5, spoken.length);
  const expected = Math.round((rate * lasts) / 60_000);
  return expected >= tell ? { lasts, expected } : undefined;
}
