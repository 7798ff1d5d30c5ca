import type { RememberedEvent, Window } from '../../../src/dedupe/window.js';
import type { Placement, Spooled } from '../../../src/model.js';

/** A window in memory: it survives its processes, and fails when it is told. */
export class MemoryWindow implements Window {
  readonly #events = new Map<string, Placement | Spooled>();
  full = false;
  unreadable = false;
  groups = 0;

  find(key: string): Placement | Spooled | undefined {
    if (this.unreadable) throw new Error('i/o error');
    return this.#events.get(key);
  }

  async remember(events: readonly RememberedEvent[]): Promise<void> {
    if (this.full) throw new Error('No space left on device');
    this.groups++;
    for (const { key, placement } of events) this.#events.set(key, placement);
  }

  count(): number {
    return this.#events.size;
  }

  async close(): Promise<void> {}
}
