import { join } from 'node:path';
import type { DedupeSettings } from '../config/settings.js';
import type { Clock } from '../publish/clock.js';
import { openClaims } from './claims.js';
import { type ClosableDedupe, createDedupe, type DedupeParts } from './dedupe.js';
import { setAsideDamaged } from './set-aside.js';
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
export function openDedupe(settings: DedupeSettings | undefined, options: DedupeOptions): ClosableDedupe {
  if (settings === undefined) return everyTime;
  const { dir, window } = settings;
  const folder = join(dir, 'window');
  try {
    if (setAsideDamaged(join(folder, 'data.mdb'))) {
      options.log('error', 'the dedupe window was damaged and begins anew', { dir: folder, kept: 'data.mdb.damaged' });
    }
    return createDedupe({
      ...options,
      window: openWindow(folder, window, options.clock),
      claims: options.shared ? openClaims(dir) : undefined,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    options.log('error', 'events are not remembered: the folder of the dedupe window cannot be used', { dir, reason });
    return createDedupe({ ...options, window: forgetful });
  }
}

/** Remembers nothing. */
export const everyTime: ClosableDedupe = {
  async once(_endpoint, _id, publish) {
    return { placement: await publish(), duplicate: false };
  },
  async close() {},
};

const forgetful: DedupeParts['window'] = {
  find: () => undefined,
  async remember() {},
  async close() {},
};
