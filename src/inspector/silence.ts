import type { EndpointActivity, SilenceAbout } from './contract.js';

/** With fewer, that none has come is chance: of 10 that are expected, none comes once in 20,000 times. */
const fewest = 10;
/** Minutes that tell a rate. */
const history = 15;

/**
 * Whether an endpoint has been quiet for longer than its last hour lets one expect. `minutes`: oldest first, the last one runs. The
 * rate is the median of the minutes, because who sends in bursts is often quiet. `now`: milliseconds since the epoch.
 */
export function findSilence(
  minutes: EndpointActivity['minutes'],
  lastEvent: string | undefined,
  now: number,
): SilenceAbout | undefined {
  const lasts = now - Date.parse(lastEvent ?? '');
  const quiet = Math.floor(lasts / 60_000);
  if (!(quiet >= 1) || quiet >= minutes.length) return undefined;
  const before = minutes.slice(0, minutes.length - quiet).map(total);
  const spoken = before.slice(before.findIndex((count) => count > 0)).sort((a, b) => a - b);
  if (spoken.length < history) return undefined;
  const rate = spoken[Math.floor(spoken.length / 2)] ?? 0;
  const expected = Math.round((rate * lasts) / 60_000);
  return expected >= fewest ? { seconds: Math.round(lasts / 1000), expected } : undefined;
}

function total(minute: EndpointActivity['minutes'][number]): number {
  return Object.values(minute).reduce((sum, each) => sum + each, 0);
}
