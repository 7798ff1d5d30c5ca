import { expect } from 'chai';
import fc from 'fast-check';
import { type Delivery, type Endpoint, type Placement, PublishError } from '../../../src/core/model.js';
import { Rejection } from '../../../src/core/rejection.js';
import { deadLetter } from '../../../src/core/stages/dead-letter.js';
import { verify } from '../../../src/core/stages/verify.js';
import { delivery, endpoint, provider, route } from '../../support/provider.js';
import { expectRecord } from './contract.js';
import { deadLetterTopic, World } from './world.js';

const topic = 'webhooks.acme';
const single = endpoint({
  provider: provider({ routes: [route(topic, { matches: (type) => type !== 'unrouted' })] }),
});
const many = endpoint({
  name: 'batch',
  path: '/webhooks/batch',
  provider: provider({ items: '/events/*', routes: [route(topic, { matches: (type) => type !== 'unrouted' })] }),
});
const endpoints = [single, many];

function write(world: World, to: Endpoint, made: Delivery, ...reasons: [Rejection, ...Rejection[]]): string {
  const [{ stage }] = reasons;
  const kept = stage === 'verify' ? made : verify(to, made, made.receivedAt);
  world.write(deadLetter(deadLetterTopic, to, kept, reasons));
  return made.id;
}

let count = 0;

function deliver(body: unknown): Delivery {
  count++;
  const id = `6f9619ff-8b86-4d01-b42d-${String(count).padStart(12, '0')}`;
  return { ...delivery(body), id, receivedAt: Date.UTC(2026, 0, 2) + count };
}

const unrouted = () => new Rejection('route_none');

function one(world: World, id: string, type = 'paid'): string {
  return write(world, single, deliver({ id, type }), unrouted());
}

function published(world: World): readonly string[] {
  return world.read(topic).map(({ headers }) => headers.ce_id ?? '');
}

describe('the replay of dead letters', () => {
  it('publishes what today is taken, in the order of reception, and leaves a mark', async () => {
    const world = new World();
    const ids = ['a', 'b', 'c'].map((id) => one(world, `evt_${id}`));
    expect(await world.replay(endpoints)).to.deep.include({ selected: 3, replayed: 3, published: 3, failing: [] });
    expect([...published(world)].sort()).to.deep.equal(['evt_a', 'evt_b', 'evt_c']);
    const ledger = world.ledger();
    expect(ids.map((id) => ledger.isDone(id))).to.deep.equal([true, true, true]);
    expect(ledger.mark(ids[0] ?? '')?.events).to.have.length(1);
    expect(ledger.inDoubt()).to.equal(undefined);
    for (const record of world.read(deadLetterTopic)) expectRecord(record);
    expect(await world.replay(endpoints)).to.deep.include({ selected: 0, replayed: 0, published: 0 });
  });

  it('writes no new dead letter for what is rejected again, and says why', async () => {
    const world = new World();
    const bad = one(world, 'evt_1', 'unrouted');
    const forged = deliver({ id: 'evt_2', type: 'paid' });
    const kept = { ...forged, headers: { ...forged.headers, 'x-sig': ['00'] } };
    write(world, single, kept, new Rejection('signature_mismatch'));
    const gone = write(world, { ...single, name: 'gone', path: '/gone' }, deliver({ id: 'evt_3' }), unrouted());
    const before = world.read(deadLetterTopic).length;
    const tally = await world.replay(endpoints);
    expect(tally?.failing.map(({ id, reason }) => [id, reason])).to.deep.equal([
      [bad, 'route_none'],
      [forged.id, 'signature_mismatch'],
      [gone, 'endpoint_gone'],
    ]);
    expect(world.read(deadLetterTopic)).to.have.length(before);
    expect(published(world)).to.deep.equal([]);
  });

  it('takes what only a wrong configuration had refused', async () => {
    const world = new World();
    write(world, single, deliver({ id: 'evt_1', type: 'paid' }), new Rejection('signature_mismatch'));
    expect(await world.replay(endpoints)).to.deep.include({ replayed: 1, published: 1 });
  });

  it('publishes an event once, however many deliveries of it are dead letters', async () => {
    const world = new World();
    one(world, 'evt_1');
    one(world, 'evt_1');
    expect(await world.replay(endpoints)).to.deep.include({ replayed: 2, published: 1, duplicates: 1 });
    one(world, 'evt_1');
    expect(await world.replay(endpoints)).to.deep.include({ replayed: 1, published: 0, duplicates: 1 });
    expect(published(world)).to.deep.equal(['evt_1']);
    one(world, 'evt_1');
    expect(await world.replay(endpoints, { over: { once: false } })).to.deep.include({ published: 1, duplicates: 0 });
  });

  it("asks the gateway's memory of published events", async () => {
    const world = new World();
    one(world, 'evt_1');
    const placement: Placement = { topic, partition: 1, offset: 7n };
    const dedupe = { once: async () => ({ contentDiffers: false, placement, duplicate: true }) };
    expect(await world.replay(endpoints, { over: { dedupe } })).to.deep.include({ published: 0, duplicates: 1 });
    expect(published(world)).to.deep.equal([]);
  });

  it('does only the items of a batch that had stopped, and keeps those that stop again', async () => {
    const world = new World();
    const events = [
      { id: 'evt_0', type: 'paid' },
      { id: 'evt_1', type: 'paid' },
      { id: 'evt_2', type: 'unrouted' },
    ];
    const id = write(world, many, deliver({ events }), unrouted().at('/events/1'), unrouted().at('/events/2'));
    expect(await world.replay(endpoints)).to.deep.include({ replayed: 0, published: 1 });
    expect(published(world)).to.deep.equal(['evt_1']);
    expect(world.ledger().mark(id)?.remaining).to.deep.equal(['/events/2']);
    const wide = { ...many, routes: [route(topic)] };
    expect(await world.replay([wide])).to.deep.include({ replayed: 1, published: 1 });
    expect([...published(world)].sort()).to.deep.equal(['evt_1', 'evt_2']);
    expect(world.ledger().isDone(id)).to.equal(true);
  });

  it('counts what Kafka refuses as failing', async () => {
    const world = new World();
    one(world, 'evt_1');
    const publish = async () => {
      throw new PublishError('refused', 'MESSAGE_TOO_LARGE', 'too large');
    };
    const dedupe = { once: publish };
    const tally = await world.replay(endpoints, { over: { dedupe } });
    expect(tally?.failing.map(({ reason }) => reason)).to.deep.equal(['record_refused']);
    expect(
      world
        .ledger()
        .letters()
        .filter(({ id }) => world.ledger().isDone(id)),
    ).to.deep.equal([]);
  });

  it('stops when it is asked to, and when another may be at work', async () => {
    const world = new World();
    for (let n = 0; n < 1_200; n++) one(world, `evt_${n}`);
    const controller = new AbortController();
    const show = () => controller.abort();
    expect(await world.replay(endpoints, { over: { signal: controller.signal, show } })).to.include({ replayed: 500 });
    expect(world.ledger().inDoubt()).to.equal(undefined);
    let fault: unknown;
    await world.replay(endpoints, { over: { held: () => false } }).catch((error: unknown) => {
      fault = error;
    });
    expect(fault).to.be.instanceOf(PublishError).and.to.have.property('reason', 'NOT_HELD');
    expect(await world.replay(endpoints)).to.include({ replayed: 700, published: 700 });
  });

  it('loses nothing and publishes nothing twice, wherever it crashes, however often', async () => {
    const kinds = fc.constantFrom('good', 'twin', 'bad', 'batch');
    const crashes = fc.array(fc.nat(25), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(kinds, { minLength: 1, maxLength: 8 }),
        crashes,
        fc.nat(),
        async (letters, at, seed) => {
          const world = new World();
          const draw = drawFrom(seed);
          const expected = letters.flatMap((kind, n) => fill(world, kind, n));
          for (const crash of at) await world.replay(endpoints, { crash, draw });
          await world.replay(endpoints, { draw });
          expect([...published(world)].sort()).to.deep.equal([...new Set(expected)].sort());
          expect(world.ledger().inDoubt()).to.equal(undefined);
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** Writes letters of the kind; the events that a replay has to publish. */
function fill(world: World, kind: string, n: number): readonly string[] {
  if (kind === 'bad') {
    one(world, `evt_${n}`, 'unrouted');
    return [];
  }
  if (kind === 'batch') {
    const events = [0, 1, 2].map((item) => ({ id: `evt_${n}_${item}`, type: item === 2 ? 'unrouted' : 'paid' }));
    write(
      world,
      many,
      deliver({ events }),
      ...([0, 1, 2].map((item) => unrouted().at(`/events/${item}`)) as [Rejection]),
    );
    return [`evt_${n}_0`, `evt_${n}_1`];
  }
  one(world, `evt_${n}`);
  if (kind === 'twin') one(world, `evt_${n}`);
  return [`evt_${n}`];
}

/** mulberry32: https://github.com/cprosche/mulberry32 */
function drawFrom(seed: number): (limit: number) => number {
  let state = seed | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % Math.max(1, limit);
  };
}
