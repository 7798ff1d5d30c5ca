import { hash } from 'node:crypto';
import type { DedupeSettings } from '../../../../src/config/settings.js';
import type { Fingerprint, Placement } from '../../../../src/core/model.js';
import type { ClosableDedupe } from '../../../../src/storage/dedupe/dedupe.js';
import { type EventKeys, keysOf } from '../../../../src/storage/dedupe/keys.js';
import { openDedupe } from '../../../../src/storage/dedupe/open.js';
import { type Clock, realClock } from '../../../../src/util/clock.js';

/** A clock that stands until it is moved; `date` can be set apart, as an operator sets it. */
export class HeldClock implements Clock {
  dateOffset = Date.UTC(2026, 0, 2);
  #time = 0;
  readonly #timers = new Set<{ at: number; call: () => void }>();

  now(): number {
    return this.#time;
  }

  date(): number {
    return this.#time + this.dateOffset;
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#time + milliseconds, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Drops all timers, as the end of a process does. */
  forget(): void {
    this.#timers.clear();
  }

  /** Lets the time pass, and whatever the timers started come to an end. */
  async pass(milliseconds: number): Promise<void> {
    this.#time += milliseconds;
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (timer.at > this.#time || !this.#timers.delete(timer)) continue;
      timer.call();
    }
    await settle();
  }
}

/** Lets everything that needs no time come to an end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export interface Complaint {
  readonly level: string;
  readonly message: string;
  readonly fields: { readonly [name: string]: unknown };
}

export function open(
  dir: string,
  { window = 72 * 3_600_000, shared = false, clock = realClock as Clock, complaints = [] as Complaint[] } = {},
): Promise<ClosableDedupe> {
  const settings: DedupeSettings = { window, dir };
  return openDedupe(settings, {
    shared,
    clock,
    log: (level, message, fields) => complaints.push({ level, message, fields }),
  });
}

/** An event of the endpoint acme. */
export function event(
  id: string,
  over: Partial<Omit<Fingerprint, 'digest'>> & { readonly content?: string } = {},
): Fingerprint {
  const { content = 'content', ...rest } = over;
  const digest = hash('sha256', content, 'base64');
  return { endpoint: 'acme', id, type: 'order.paid', digest, by: 'content', ...rest };
}

export function keys(id: string, over: Parameters<typeof event>[1] = {}): EventKeys {
  return keysOf(event(id, over));
}

export function placed(offset: number, topic = 'webhooks.acme'): Placement {
  return { topic, partition: 3, offset: BigInt(offset) };
}

/** A publish that says when it was called, and ends when it is told. */
export class Publishing {
  calls = 0;
  resolve: (placement: Placement) => void = () => undefined;
  reject: (error: Error) => void = () => undefined;

  readonly publish = (): Promise<Placement> => {
    this.calls++;
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  };
}
