import { expect } from 'chai';
import fc from 'fast-check';
import type { Phase } from '../../../../src/storage/spool/peers.js';
import { type OrderTo, TopicLanes } from '../../../../src/storage/spool/topic-lanes.js';

describe('the lanes of a topic over all workers', () => {
  it('open when all have joined and nobody has anything left', () => {
    const lanes = new TopicLanes(2);
    expect(names(lanes.joined(0, false))).to.deep.equal(['0 closing']);
    expect(lanes.done(0, 1)).to.deep.equal([]);
    expect(names(lanes.joined(1, false))).to.deep.equal(['1 closing']);
    expect(names(lanes.done(1, 1))).to.deep.equal(['0 open', '1 open']);
  });

  it('close together, and open together when all are done with each phase', () => {
    const lanes = new TopicLanes(2);
    lanes.joined(0, true);
    lanes.joined(1, false);
    const seen: string[][] = [];
    for (let epoch = 1; lanes.phase !== 'open'; epoch++) {
      expect(lanes.done(1, epoch)).to.deep.equal([]);
      seen.push(names(lanes.done(0, epoch)));
    }
    expect(seen.map(([first]) => first)).to.deep.equal(['0 settling', '0 clearing', '0 draining', '0 open']);
    expect(names(lanes.failing(1, 5))).to.deep.equal(['0 closing', '1 closing']);
    expect(lanes.failing(0, 5), 'of an epoch that is over').to.deep.equal([]);
    expect(lanes.done(0, 5), 'of an epoch that is over').to.deep.equal([]);
  });

  it('close again when a worker that may not spool any more fails before all are done', () => {
    const lanes = opened(2);
    lanes.failing(0, 2);
    for (let epoch = 3; lanes.phase !== 'draining'; epoch++) for (const slot of [0, 1]) lanes.done(slot, epoch);
    lanes.done(0, 6);
    expect(names(lanes.failing(0, 6))).to.deep.equal(['0 closing', '1 closing']);
  });

  it('count a worker that has ended as closed, and wait for the one that replaces it with the rest', () => {
    const lanes = opened(2);
    lanes.failing(0, 2);
    lanes.done(0, 3);
    expect(names(lanes.ended(1))).to.deep.equal(['0 settling']);
    expect(lanes.done(0, 4)).to.deep.equal([]);
    expect(names(lanes.joined(1, true)), 'it has something left').to.deep.equal(['0 closing', '1 closing']);
  });

  it('do not open before a worker has said what its slot has left', () => {
    const lanes = new TopicLanes(2);
    lanes.joined(0, false);
    lanes.done(0, 1);
    expect(names(lanes.ended(1))).to.deep.equal(['0 settling']);
  });

  it('go on without a worker that cannot be replaced, until it is', () => {
    const lanes = opened(2);
    lanes.failing(0, 2);
    lanes.ended(1);
    lanes.done(0, 3);
    lanes.lost(1);
    for (let epoch = 4; lanes.phase !== 'open'; epoch++) lanes.done(0, epoch);
    expect(names(lanes.joined(1, true))).to.deep.equal(['0 closing', '1 closing']);
  });

  const steps = fc.array(fc.tuple(fc.nat(99), fc.nat(3)), { minLength: 50, maxLength: 400, size: 'max' });
  for (const size of [1, 2, 4]) {
    it(`hold the promises whatever comes when, with ${size} workers, and open in the end`, () => {
      fc.assert(
        fc.property(steps, fc.nat(3), (taken, left) => {
          const crew = new ModelCrew(size, left);
          for (const [act, slot] of taken) {
            crew.act(act, slot % size);
            expect(crew.broken()).to.equal(undefined);
          }
          crew.heal();
          expect(crew.broken()).to.equal(undefined);
          expect(crew.phases()).to.deep.equal(Array(size).fill('open'));
        }),
        { numRuns: 150, endOnFailure: true },
      );
    });
  }
});

function names(orders: readonly OrderTo[]): string[] {
  return orders.map(({ slot, phase }) => `${slot} ${phase}`);
}

function opened(size: number): TopicLanes {
  const lanes = new TopicLanes(size);
  for (let slot = 0; slot < size; slot++) lanes.joined(slot, false);
  for (let slot = 0; slot < size; slot++) lanes.done(slot, 1);
  return lanes;
}

type Report = { kind: 'joined'; left: boolean } | { kind: 'failing' | 'done'; epoch: number };

/** A worker that does what it is told: numbers are of records. */
interface Model {
  alive: boolean;
  order: OrderTo | undefined;
  said: boolean;
  /** On their way to Kafka, answered when they are there; the same, spooled and answered already; spooled since. */
  direct: number;
  inFlight: number;
  spooled: number;
  readonly inbox: OrderTo[];
  readonly outbox: Report[];
}

const mayAlwaysSpool: readonly (Phase | undefined)[] = ['settling', 'clearing'];

/** Workers as they should be, over connections as slow as they like. */
class ModelCrew {
  readonly #lanes: TopicLanes;
  readonly #workers: Model[];

  /** `left`: bits tell whether former workers have left something that was in flight, or was spooled. */
  constructor(size: number, left: number) {
    this.#lanes = new TopicLanes(size);
    const none = { direct: 0, inFlight: left & 1, spooled: left >> 1 };
    this.#workers = Array.from({ length: size }, () => ({
      alive: false,
      order: undefined,
      said: false,
      ...none,
      inbox: [],
      outbox: [],
    }));
    for (const slot of this.#workers.keys()) this.#join(slot);
  }

  phases(): readonly (string | undefined)[] {
    return this.#workers.map(({ order }) => order?.phase);
  }

  act(act: number, slot: number): void {
    const worker = this.#at(slot);
    if (act < 30) this.#obey(slot);
    else if (act < 60) this.#report(slot);
    else if (act < 75) this.#take(worker);
    else if (act < 93) this.#acknowledge(worker);
    else if (act < 96) this.#fail(worker);
    else if (act < 98 && worker.alive) this.#end(slot);
    else if (!worker.alive) this.#join(slot);
  }

  /** Everybody lives, Kafka takes everything, every message arrives. */
  heal(): void {
    for (const [slot, { alive }] of this.#workers.entries()) if (!alive) this.#join(slot);
    for (let round = 0; round < 2_000 && this.phases().some((phase) => phase !== 'open'); round++) {
      for (const [slot, worker] of this.#workers.entries()) {
        this.#report(slot);
        this.#obey(slot);
        this.#acknowledge(worker);
      }
    }
  }

  broken(): string | undefined {
    const living = this.#workers.filter(({ alive }) => alive);
    const some = (is: (worker: Model) => boolean) => this.#workers.some(is);
    const direct = living.some(({ order }) => order?.phase === 'open');
    if (direct && living.some((worker) => maySpool(worker)))
      return 'one sends straight to Kafka while another may spool';
    if (direct && some(({ inFlight, spooled }) => inFlight + spooled > 0))
      return 'one sends straight to Kafka before all that was spooled';
    const drains = living.some(({ order, spooled }) => order?.phase === 'draining' && spooled > 0);
    if (drains && some(({ inFlight }) => inFlight > 0)) return 'one drains before all that was in flight is there';
    return undefined;
  }

  #at(slot: number): Model {
    const worker = this.#workers[slot];
    if (worker === undefined) throw new RangeError(`no slot ${slot}`);
    return worker;
  }

  #send(orders: readonly OrderTo[]): void {
    for (const order of orders) this.#at(order.slot).inbox.push(order);
  }

  #report(slot: number): void {
    const report = this.#at(slot).outbox.shift();
    if (report === undefined) return;
    if (report.kind === 'joined') this.#send(this.#lanes.joined(slot, report.left));
    else this.#send(this.#lanes[report.kind](slot, report.epoch));
  }

  #obey(slot: number): void {
    const worker = this.#at(slot);
    const order = worker.inbox.shift();
    if (order === undefined) return;
    worker.order = order;
    worker.said = false;
    if (order.phase === 'settling') {
      worker.inFlight += worker.direct;
      worker.direct = 0;
    }
    this.#tell(worker);
  }

  #tell(worker: Model): void {
    const { order, said, inFlight, spooled, outbox } = worker;
    if (order === undefined || said || order.phase === 'open') return;
    if (order.phase !== 'closing' && inFlight > 0) return;
    if (order.phase === 'draining' && spooled > 0) return;
    worker.said = true;
    outbox.push({ kind: 'done', epoch: order.epoch });
  }

  #take(worker: Model): void {
    const { alive, order } = worker;
    if (!alive || order === undefined || order.phase === 'closing') return;
    if (maySpool(worker)) worker.spooled++;
    else worker.direct++;
  }

  #acknowledge(worker: Model): void {
    const { alive, order } = worker;
    if (!alive) return;
    if (worker.direct > 0) worker.direct--;
    else if (worker.inFlight > 0) worker.inFlight--;
    else if (order?.phase === 'draining' && worker.spooled > 0) worker.spooled--;
    this.#tell(worker);
  }

  #fail({ alive, order, said, outbox }: Model): void {
    const renounced = order?.phase === 'open' || (order?.phase === 'draining' && said);
    if (alive && renounced) outbox.push({ kind: 'failing', epoch: order.epoch });
  }

  /** What is on disk stays. */
  #end(slot: number): void {
    const worker = this.#at(slot);
    Object.assign(worker, { alive: false, order: undefined, said: false, direct: 0 });
    worker.inbox.length = 0;
    worker.outbox.length = 0;
    this.#send(this.#lanes.ended(slot));
  }

  #join(slot: number): void {
    const worker = this.#at(slot);
    worker.alive = true;
    worker.outbox.push({ kind: 'joined', left: worker.inFlight + worker.spooled > 0 });
  }
}

function maySpool({ order, said }: Model): boolean {
  return mayAlwaysSpool.includes(order?.phase) || (order?.phase === 'draining' && !said);
}
