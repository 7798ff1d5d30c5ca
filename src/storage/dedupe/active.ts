import type { Placement, Spooled } from '../../core/model.js';
import { type EventKeys, isRepetition } from './keys.js';

/** An event that is being published, or was and is not in the window yet. */
export class ActiveEvent {
  readonly keys: EventKeys;
  /** Settles as its publish does. */
  readonly published: Promise<Placement | Spooled>;
  /** Of the claim that is given up when the window has it. */
  mark: string | undefined;
  /** Where it lies, once it is published. */
  placement: Placement | Spooled | undefined = undefined;
  /** Another event of the same id, with other content. */
  next: ActiveEvent | undefined = undefined;

  constructor(keys: EventKeys, published: Promise<Placement | Spooled>, mark?: string) {
    this.keys = keys;
    this.published = published;
    this.mark = mark;
  }
}

/** The active events by their ids, in the order in which these came. */
export class ActiveEvents {
  readonly #byId = new Map<string, ActiveEvent>();
  /** How many are published and wait for the window. */
  waiting = 0;

  /** The events of this id; the others follow at `next`. */
  of({ id }: EventKeys): ActiveEvent | undefined {
    return this.#byId.get(id);
  }

  add(event: ActiveEvent): void {
    const { id } = event.keys;
    event.next = this.#byId.get(id);
    this.#byId.set(id, event);
  }

  settle(event: ActiveEvent, placement: Placement | Spooled): void {
    event.placement = placement;
    this.waiting++;
  }

  remove(event: ActiveEvent): void {
    const { id } = event.keys;
    const first = this.#byId.get(id);
    if (first === event && event.next === undefined) this.#byId.delete(id);
    else if (first === event && event.next !== undefined) this.#byId.set(id, event.next);
    else {
      let before = first;
      while (before !== undefined && before.next !== event) before = before.next;
      if (before === undefined) return;
      before.next = event.next;
    }
    event.next = undefined;
    if (event.placement !== undefined) this.waiting--;
  }

  /** Those that wait for the window, the oldest first. */
  *published(): Generator<ActiveEvent & { readonly placement: Placement | Spooled }> {
    for (const event of this.#byId.values()) {
      for (let each: ActiveEvent | undefined = event; each !== undefined; each = each.next) {
        if (isPublished(each)) yield each;
      }
    }
  }
}

function isPublished(event: ActiveEvent): event is ActiveEvent & { readonly placement: Placement | Spooled } {
  return event.placement !== undefined;
}

/** The first of these events of one id that an event with these keys repeats. */
export function findRepeated(first: ActiveEvent | undefined, keys: EventKeys): ActiveEvent | undefined {
  for (let event = first; event !== undefined; event = event.next) {
    if (isRepetition(keys, event.keys.digest)) return event;
  }
  return undefined;
}
