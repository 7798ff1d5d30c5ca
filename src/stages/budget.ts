/**
 * A token bucket: at most `perMinute()` at once, refilled evenly over the minute. `take(now)` in milliseconds since any
 * epoch; a clock that goes back refills nothing. When `perMinute` changes, what was taken stays taken.
 */
export function createBudget(perMinute: () => number): (now: number) => boolean {
  let tokens = perMinute();
  let last = Number.POSITIVE_INFINITY;
  return function take(now) {
    const most = perMinute();
    tokens = Math.min(most, tokens + (Math.max(0, now - last) * most) / 60_000);
    last = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
