import { RequestQueue } from './internals.js';

/**
 * kafkajs looks after requests that wait behind others; after the first answer of a connection it does so every
 * millisecond forever, with nothing waiting: `throttledUntil` is -1 then, and the time-out to it negative. That is 4 % of a
 * core for a gateway that has nothing to do. Here it looks only while something waits. (An answer, and a new request,
 * look by themselves.) Source: kafkajs/src/network/requestQueue.
 */
export function stopIdleTimers(): void {
  const { prototype } = RequestQueue;
  const schedule = prototype.scheduleCheckPendingRequests;
  if (patched.has(schedule)) return;
  function scheduleIfPending(this: typeof RequestQueue.prototype): void {
    if (this.pending.length > 0) schedule.call(this);
  }
  patched.add(scheduleIfPending);
  prototype.scheduleCheckPendingRequests = scheduleIfPending;
}

const patched = new WeakSet<() => void>();
