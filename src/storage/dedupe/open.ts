import type { DedupeSettings } from '../../config/settings.js';
import type { Clock } from '../../util/clock.js';
import { errorText } from '../../util/errors.js';
import { NewerFormatError } from '../../util/newer-format.js';
import { openClaims } from './claims.js';
import { type ClosableDedupe, createDedupe, type DedupeParts, type LocalDedupe } from './dedupe.js';
import { openFolder } from './folder.js';
import { openWindow } from './window.js';

export interface DedupeOptions {
  /** True where other processes have the same folder open, as the workers of a gateway. */
  readonly shared: boolean;
  readonly clock: Clock;
  readonly log: DedupeParts['log'];
}

/**
 * The memory of published events that the settings describe; without settings, none: every event is published. A folder
 * that can't be used is no reason not to take webhooks: it is logged, and only concurrent twins are found.
 */
export async function openDedupe(
  settings: DedupeSettings | undefined,
  { shared, clock, log }: DedupeOptions,
): Promise<ClosableDedupe> {
  if (settings === undefined) return noDedupe;
  const local = await openLocal(settings, { shared, clock, log });
  const { redis, window } = settings;
  if (redis === undefined) return local;
  // Whoever has none shall not wait for the library.
  const [{ openRedis }, { openShared }] = await Promise.all([import('./redis/store.js'), import('./shared/shared.js')]);
  return openShared({ local, store: openRedis(redis), onError: redis.onError, window, clock, log });
}

async function openLocal(
  { dir, window: length }: DedupeSettings,
  { shared, clock, log }: DedupeOptions,
): Promise<LocalDedupe> {
  try {
    const folder = openFolder(dir);
    const window = await openWindow({ folder, length, shared, clock, log });
    return createDedupe({ window, claims: shared ? await openClaims(folder, clock) : undefined, clock, log });
  } catch (error) {
    if (error instanceof NewerFormatError) throw error;
    const reason = errorText(error);
    log('error', 'events are not remembered: the folder of the dedupe window cannot be used', { dir, reason });
    return createDedupe({ window: emptyWindow, clock, log });
  }
}

/** Remembers nothing. */
export const noDedupe: ClosableDedupe = {
  async once(_event, publish) {
    return { placement: await publish(), duplicate: false, contentDiffers: false };
  },
  count: () => undefined,
  usable: () => true,
  shared: () => undefined,
  async close() {},
};

const emptyWindow: DedupeParts['window'] = {
  find: () => undefined,
  count: () => 0,
  async remember() {},
  async close() {},
};
