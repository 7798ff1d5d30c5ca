import type { Endpoint } from '../../core/model.js';
import type { Silence } from '../silence/silence.js';
import type { GatewayLog } from '../telemetry/log.js';
import type { Reading } from '../telemetry/metrics.js';

/** Milliseconds between two looks. */
const interval = 10_000;

export interface Watched {
  readonly endpoints: () => readonly Endpoint[];
  readonly readings: () => Promise<readonly Reading[]>;
  readonly log: GatewayLog;
}

/**
 * Looks again and again whether events come that are expected, and has it written down when the last ones came. Returns what
 * ends it, after a last look.
 */
export function watchSilence(silence: Silence, { endpoints, readings, log }: Watched): () => Promise<void> {
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    if (endpoints().every(({ expect }) => expect === undefined)) return;
    try {
      silence.look(endpoints(), await readings());
      await silence.save();
    } catch (error) {
      log.bug(error, { during: 'silence' });
    }
  }

  function lookNow(): void {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }

  lookNow();
  const timer = setInterval(lookNow, interval).unref();
  return async () => {
    clearInterval(timer);
    await looking;
    await look();
  };
}
