import { expect } from 'chai';
import { type KafkaRecord, PublishError } from '../../../src/model.js';
import { createBatcher } from '../../../src/publish/batcher.js';
import type { Log } from '../../../src/publish/log.js';
import { Journal } from '../../../src/publish/spool/journal.js';
import { openSpool, type Spool } from '../../../src/publish/spool/spool.js';
import { SimulatedDisk } from '../../simulation/disk.js';
import { World } from '../../simulation/world.js';
import { FakeClient } from './fake-client.js';
import { caught, makeRecord } from './records.js';

const tooLarge = () => new PublishError('refused', 'MESSAGE_TOO_LARGE', 'too large');
const down = () => new PublishError('unavailable', 'ECONNREFUSED', 'down');

describe('the spool of a process', () => {
  let world: World;
  let disk: SimulatedDisk;
  let answer: () => Error | undefined;
  let client: FakeClient;
  let errors: unknown[];

  beforeEach(() => {
    errors = [];
    world = new World(1);
    disk = new SimulatedDisk(world);
    answer = () => undefined;
    client = new FakeClient(
      () => 1,
      async () => {
        await world.pause(5);
        const error = answer();
        if (error) throw error;
      },
    );
  });

  async function done<T>(work: Promise<T>, limit = 60_000): Promise<T> {
    let over = false;
    const settled = work.finally(() => {
      over = true;
    });
    settled.catch(() => undefined);
    if (!(await world.run(() => over, world.now() + limit))) throw new Error('it does not end');
    return settled;
  }

  function open(maxBytes = 100_000): Promise<Spool> {
    const options = { folder: '/spool', maxBytes, topics: ['orders'], deadLetterTopic: 'webhooks.dlq' };
    const log: Log = (level, message, fields) => level === 'error' && errors.push([message, fields]);
    const io = { files: disk.mount(), clock: world, log };
    return done(openSpool(createBatcher(client, world), { ...options, ...io }));
  }

  function send(spool: Spool, n: number, size = 10): Promise<unknown> {
    const record: KafkaRecord = makeRecord('k', Buffer.alloc(size, String(n)));
    return spool.publish(record);
  }

  const until = (holds: () => boolean) => world.run(holds, world.now() + 60_000);

  it('tells how it is: closed, what waits and since when; and open again', async () => {
    const spool = await open();
    answer = down;
    const before = world.date();
    expect(await done(send(spool, 1))).to.include({ spooled: true });
    await done(send(spool, 2));
    const { lanes, ...rest } = spool.status();
    expect(lanes).to.have.length(1);
    expect(lanes[0]).to.deep.include({ topic: 'orders', open: false, spooled: 2, refused: 0, parked: 0 });
    expect(lanes[0]?.oldest).to.equal(before);
    expect(rest).to.include({ maxBytes: 100_000 }).and.not.have.property('fullSince');
    answer = () => undefined;
    expect(await until(() => spool.status().lanes[0]?.open === true && spool.status().bytes === 0)).to.equal(true);
    expect(spool.status().lanes[0]).to.include({ spooled: 0, bytes: 0 });
  });

  it('refuses what it has no room for, says since when, and takes records again', async () => {
    const spool = await open(2_000);
    answer = down;
    const results = await done(Promise.allSettled([1, 2, 3, 4].map((n) => send(spool, n, 700))));
    expect(results.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(await done(caught(send(spool, 5, 700)))).to.include({ kind: 'unavailable', reason: 'SPOOL_FULL' });
    expect(spool.status().lanes[0]?.refused).to.equal(3);
    expect(spool.status()).to.have.property('fullSince');
    answer = () => undefined;
    expect(await until(() => spool.status().fullSince === undefined)).to.equal(true);
  });

  it('spools what Kafka has not acknowledged when it closes, for the next process', async () => {
    const spool = await open();
    answer = down;
    const sent = send(spool, 1);
    const closed = spool.close();
    expect(await done(sent)).to.include({ spooled: true });
    await done(closed);
    answer = () => undefined;
    const next = await open();
    await until(() => next.status().lanes[0]?.spooled === 0);
    expect(client.logs.get('orders/0')).to.have.length(1);
  });

  it('reports what the disk has damaged since it was spooled, and sends the rest in order', async () => {
    const spool = await open();
    answer = down;
    for (const n of [1, 2, 3, 4, 5]) await done(send(spool, n));
    disk.damage('3333333333');
    disk.damage('5555555555');
    answer = () => undefined;
    expect(await until(() => spool.status().lanes[0]?.open === true && spool.status().bytes === 0)).to.equal(true);
    expect(errors).to.deep.equal([
      ['a spooled record is damaged and lost', { topic: 'orders', number: 3 }],
      ['a spooled record is damaged and lost', { topic: 'orders', number: 5 }],
    ]);
    await done(send(spool, 6));
    const values = client.logs.get('orders/0')?.map(([digit]) => digit);
    expect(values).to.deep.equal(['1', '2', '4', '6']);
  });

  for (const away of [false, true]) {
    it(`drops unverified dead letters that Kafka refuses, parks the others${away ? ', after an outage too' : ''}`, async () => {
      const spool = await open();
      const letter = (verified: boolean): KafkaRecord => ({
        ...makeRecord('k', Buffer.alloc(10)),
        topic: 'webhooks.dlq',
        headers: { ce_verified: String(verified) },
      });
      answer = away ? down : tooLarge;
      const [strange, owed] = [spool.publish(letter(false)), spool.publish(letter(true))];
      if (away) await done(strange);
      else expect(await caught(done(strange))).to.have.property('reason', 'MESSAGE_TOO_LARGE');
      await done(owed);
      answer = tooLarge;
      const lane = () => spool.status().lanes.find(({ topic }) => topic === 'webhooks.dlq');
      await until(() => lane()?.parked === 1 && lane()?.spooled === 0);
      await world.run(() => false, world.now() + 10_000);
      expect(lane()).to.deep.include({ parked: 1, spooled: 0 });
      await done(spool.close());
    });
  }

  it('parks what is refused once more, and sends it when that is mended', async () => {
    const first = await open();
    answer = down;
    await done(send(first, 1));
    answer = tooLarge;
    await until(() => first.status().lanes[0]?.parked === 1);
    await done(first.close());
    const files = disk.mount();
    await done(files.replace('/spool/parked/retry', ''));
    const second = await open();
    expect(second.status().lanes[0]?.parked).to.equal(1);
    await world.run(() => false, world.now() + 3_000);
    expect(second.status().lanes[0]?.parked).to.equal(1);
    expect(client.logs.size).to.equal(0);
    answer = () => undefined;
    await done(second.close());
    await done(disk.mount().replace('/spool/parked/retry', ''));
    const third = await open();
    expect(await until(() => third.status().lanes[0]?.parked === 0)).to.equal(true);
    expect(client.logs.get('orders/0')).to.have.length(1);
  });
});

describe('a journal on a full disk', () => {
  it('leaves nothing of what it refused to the next process', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = new World(seed);
      const disk = new SimulatedDisk(world);
      const bodies: string[] = [];
      let over = false;
      void (async () => {
        const { journal } = await Journal.open(disk.mount(), '/journal');
        await journal.append(1, Buffer.from('kept'));
        disk.full = true;
        await journal.append(2, Buffer.alloc(100, 'refused')).catch(() => undefined);
        disk.full = false;
        await journal.append(3, Buffer.from('kept, too'));
        await journal.close();
        const next = await Journal.open(disk.mount(), '/journal');
        expect(next.damage).to.deep.equal([]);
        for (let frames = await next.journal.read(50); frames.length > 0; frames = await next.journal.read(50)) {
          bodies.push(...frames.map(({ body }) => body.toString()));
        }
        over = true;
      })();
      expect(await world.run(() => over, 60_000)).to.equal(true);
      expect(bodies).to.deep.equal(['kept', 'kept, too']);
    }
  });
});
