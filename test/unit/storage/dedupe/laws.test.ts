import { expect } from 'chai';
import fc from 'fast-check';
import { PublishError } from '../../../../src/core/model.js';
import { type ClosableDedupe, createDedupe } from '../../../../src/storage/dedupe/dedupe.js';
import { MemoryWindow } from './memory-window.js';
import { event, HeldClock, Publishing, placed, settle } from './support.js';

type Step =
  | { readonly do: 'deliver'; readonly id: number }
  | { readonly do: 'ack' | 'fail'; readonly id: number }
  | { readonly do: 'pass' }
  | { readonly do: 'restart' | 'crash' }
  | { readonly do: 'disk'; readonly full: boolean };

const id = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('deliver' as const), id }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('ack' as const, 'fail' as const), id }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('restart' as const, 'crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disk' as const), full: fc.boolean() }) },
);

/** What the outside knows, beside the gateway: publishes that are open, and which ids were acknowledged, since when safely. */
class World {
  readonly window = new MemoryWindow();
  readonly clock = new HeldClock();
  readonly acked = new Set<number>();
  /** Acknowledged in this process, or written by an earlier one: may not be published again. */
  readonly known = new Set<number>();
  readonly written = new Set<number>();
  /** Open publishes of each id; those of a crashed process never end. */
  readonly open = new Map<number, Publishing>();
  dedupe = this.start();
  offset = 0;

  start(): ClosableDedupe {
    return createDedupe({ window: this.window, clock: this.clock, log: () => undefined });
  }

  async deliver(number: number): Promise<void> {
    const publishing = new Publishing();
    void this.dedupe
      .once(event(`evt_${number}`), () => {
        expect(this.known.has(number), `evt_${number} published again`).to.equal(false);
        expect(this.open.has(number), `evt_${number} published twice at once`).to.equal(false);
        this.open.set(number, publishing);
        return publishing.publish();
      })
      .then(({ duplicate }) => {
        // A failed publish is never followed by a duplicate.
        if (duplicate) expect(this.acked.has(number), `evt_${number} is not a duplicate`).to.equal(true);
      })
      .catch((error: unknown) => {
        if (!(error instanceof PublishError)) this.faults.push(error);
      });
    await settle();
  }

  readonly faults: unknown[] = [];

  async run(each: Step): Promise<void> {
    if (each.do === 'deliver') await this.deliver(each.id);
    else if (each.do === 'ack' || each.do === 'fail') await this.end(each.id, each.do === 'ack');
    else if (each.do === 'disk') this.window.full = each.full;
    else if (each.do === 'pass') await this.pass();
    else await this.stop(each.do === 'crash');
  }

  async end(event: number, good: boolean): Promise<void> {
    const publishing = this.open.get(event);
    if (publishing === undefined) return;
    this.open.delete(event);
    if (good) {
      this.acked.add(event);
      this.known.add(event);
      publishing.resolve(placed(this.offset++));
    } else {
      publishing.reject(new PublishError('unavailable', 'X', 'no'));
    }
    await settle();
  }

  async pass(): Promise<void> {
    if (!this.window.full) for (const event of this.known) this.written.add(event);
    await this.clock.pass(1000);
  }

  async stop(crash: boolean): Promise<void> {
    if (!crash) {
      for (const event of [...this.open.keys()]) await this.end(event, false);
      await this.pass();
      await this.dedupe.close();
    }
    for (const event of this.known) if (!this.written.has(event)) this.known.delete(event);
    this.open.clear();
    // A dead process writes no more: its timers go with it.
    this.clock.forget();
    this.dedupe = this.start();
  }
}

describe('laws of dedupe', () => {
  it('never publishes twice what was acknowledged, never calls a failed publish a duplicate', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new World();
        for (const each of steps) await world.run(each);
        expect(world.faults).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });
});
