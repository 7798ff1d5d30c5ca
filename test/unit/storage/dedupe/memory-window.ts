import { type EventKeys, isRepetition } from '../../../../src/storage/dedupe/keys.js';
import type { Found, RememberedEvent, Window } from '../../../../src/storage/dedupe/window.js';

/** A window in memory: it survives its processes, and fails when it is told. */
export class MemoryWindow implements Window {
  readonly #events = new Map<string, RememberedEvent[]>();
  full = false;
  unreadable = false;
  groups = 0;

  find(keys: EventKeys): Found | undefined {
    if (this.unreadable) throw new Error('i/o error');
    const known = this.#events.get(keys.id);
    const found = known?.find((each) => isRepetition(keys, each.keys.digest));
    if (found === undefined) return known && { contentDiffers: true };
    return { placement: found.placement, contentDiffers: found.keys.digest !== keys.digest };
  }

  async remember(events: readonly RememberedEvent[]): Promise<void> {
    if (this.full) throw new Error('No space left on device');
    this.groups++;
    for (const { keys, placement } of events) {
      this.#events.set(keys.id, [...(this.#events.get(keys.id) ?? []), { keys, placement }]);
    }
  }

  count(): number {
    return [...this.#events.values()].flat().length;
  }

  async close(): Promise<void> {}
}
