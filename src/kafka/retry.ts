import { PublishError } from '../core/model.js';
import type { Clock } from '../util/clock.js';
import { toFault } from './faults.js';

/** Milliseconds between two tries: the first, and the longest after doubling. */
const firstPause = 50;
const longestPause = 1000;

export interface Retry {
  /** The result, or the refusal; what waiting can cure is tried again, until `stop`. Never rejects. */
  untilDone<T>(work: () => Promise<T>): Promise<T | PublishError>;
  /** What fails from now on is not tried again. */
  stop(): void;
}

export function createRetry(clock: Clock): Retry {
  const sleepers = new Set<() => void>();
  let stopping = false;

  function sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(milliseconds, wake);
      function wake(): void {
        cancel();
        sleepers.delete(wake);
        resolve();
      }
      sleepers.add(wake);
    });
  }

  return {
    async untilDone(work) {
      for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
        try {
          return await work();
        } catch (thrown) {
          const error = toFault(thrown);
          if (error.kind === 'refused') return error;
        }
        if (!stopping) await sleep(pause);
        if (stopping) return stopped();
      }
    },
    stop() {
      stopping = true;
      for (const wake of sleepers) wake();
    },
  };
}

export function stopped(): PublishError {
  return new PublishError('unavailable', 'CLOSED', 'the gateway is stopping and takes no records');
}
