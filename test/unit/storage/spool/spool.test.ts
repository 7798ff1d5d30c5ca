import { expect } from 'chai';
import { type KafkaRecord, PublishError } from '../../../../src/core/model.js';
import { createBatcher } from '../../../../src/kafka/batcher.js';
import { openSpool, type Spool } from '../../../../src/storage/spool/spool.js';
import type { Log } from '../../../../src/util/log.js';
import { SimulatedDisk } from '../../../simulation/disk.js';
import { World } from '../../../simulation/world.js';
import { FakeClient } from '../../kafka/fake-client.js';
import { caught, makeRecord } from '../../kafka/records.js';
import { openJournal } from './journals.js';

const tooLarge = () => new PublishError('refused', 'MESSAGE_TOO_LARGE', 'too large');
const down = () => new PublishError('unavailable', 'ECONNREFUSED', 'down');

describe('the spool of a process', () => {
  let world: World;
  let disk: SimulatedDisk;
  let answer: () => Error | undefined;
  let client: FakeClient;
  let errors: [string, object][];
  let away: boolean;

  beforeEach(() => {
    errors = [];
    away = false;
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
    const retake = async () => {
      if (away) throw new Error('the volume is gone');
    };
    const log: Log = (level, message, fields) => {
      if (level === 'error') errors.push([message, fields]);
    };
    const io = { files: disk.mount(), clock: world, log, retake };
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
    expect(spool.ready()).to.equal(false);
    answer = () => undefined;
    expect(await until(() => spool.status().fullSince === undefined)).to.equal(true);
    expect(spool.ready()).to.equal(true);
  });

  it('is ready exactly when it takes a record, once it had to refuse one, until it has room again', async () => {
    const spool = await open(3_000);
    answer = down;
    for (let n = 0; n < 3; n++) await done(send(spool, n, 700));
    expect(await done(caught(send(spool, 3, 700)))).to.include({ reason: 'SPOOL_FULL' });
    for (const [step, kafka] of [down, undefined, down, undefined, undefined].entries()) {
      answer = () => kafka?.();
      client.ready = () => kafka === undefined;
      // Long enough to see that Kafka is back, too short to send all that is spooled.
      await world.run(() => false, world.now() + 20);
      const ready = spool.ready();
      const [{ status } = { status: 'rejected' }] = await done(Promise.allSettled([send(spool, 4 + step, 700)]));
      expect(ready, `step ${step}`).to.equal(status === 'fulfilled');
    }
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
    expect(await until(() => spool.status().damagedFiles === 1)).to.equal(true);
    const lost = 'a spooled record cannot be read: what there is of it is kept on disk, see gateway spool recover';
    expect(errors.map(([message]) => message)).to.deep.equal([
      'a part of a file is damaged; what is whole around it is used',
      lost,
      lost,
      'a part of it is damaged, all else was delivered: the file is set aside; see gateway spool recover',
    ]);
    const [kept = ''] = disk.paths('/spool').filter((path) => path.includes('.damaged-'));
    expect(disk.content(kept)?.toString()).to.include('333333333');
    await done(send(spool, 6));
    const values = client.logs.get('orders/0')?.map(([digit]) => digit);
    expect(values).to.deep.equal(['1', '2', '4', '6']);
  });

  for (const away of [false, true]) {
    it(`drops unverified dead letters that Kafka does not take, parks the others${away ? ', after an outage too' : ''}`, async () => {
      const spool = await open();
      const letter = (verified: boolean): KafkaRecord => ({
        ...makeRecord('k', Buffer.alloc(10)),
        topic: 'webhooks.dlq',
        headers: { ce_verified: String(verified) },
      });
      answer = away ? down : tooLarge;
      const [strange, owed] = [spool.publish(letter(false)), spool.publish(letter(true))];
      expect(await caught(done(strange))).to.have.property('reason', away ? 'NOT_SPOOLED' : 'MESSAGE_TOO_LARGE');
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

  it('has what it acknowledged when its folder is deleted while Kafka is unavailable, and sends it when Kafka is back', async () => {
    const spool = await open();
    answer = down;
    for (let n = 1; n <= 5; n++) await done(send(spool, n));
    disk.vanish('/spool');
    for (let n = 6; n <= 9; n++) expect(await done(send(spool, n))).to.include({ spooled: true });
    expect(errors.map(([message]) => message).join()).to.include('they are written again');
    expect(spool.status().unusable).to.equal(undefined);
    disk.kill();
    answer = () => undefined;
    const next = await open();
    expect(await until(() => next.status().lanes[0]?.spooled === 0)).to.equal(true);
    expect(client.logs.get('orders/0')?.map(([digit]) => digit)).to.deep.equal([...'123456789']);
  });

  it('acknowledges nothing while its folder cannot be had, is not ready then, and goes on by itself', async () => {
    const spool = await open();
    answer = down;
    client.ready = () => false;
    for (let n = 1; n <= 3; n++) await done(send(spool, n));
    expect(spool.ready()).to.equal(true);
    disk.vanish('/spool');
    away = true;
    expect(await done(caught(send(spool, 4)))).to.include({ kind: 'unavailable', reason: 'SPOOL_NOT_WRITTEN' });
    await until(() => !spool.ready());
    expect(spool.status().unusable).to.include('the volume is gone');
    expect(spool.ready()).to.equal(false);
    away = false;
    disk.comeBack('/spool');
    expect(await until(() => spool.ready())).to.equal(true);
    expect(spool.status().unusable).to.equal(undefined);
    expect(await done(send(spool, 5))).to.include({ spooled: true });
    client.ready = () => true;
    answer = () => undefined;
    await until(() => spool.status().lanes[0]?.spooled === 0);
    expect(client.logs.get('orders/0')?.map(([digit]) => digit)).to.deep.equal([...'1235']);
  });

  it('gives to Kafka, in order, what the disk does not take while Kafka is there', async () => {
    const spool = await open();
    let slow = true;
    answer = () => (slow ? down() : undefined);
    await done(send(spool, 1));
    disk.readOnly = true;
    const sent = [2, 3, 4].map((n) => send(spool, n));
    await world.run(() => false, world.now() + 300);
    slow = false;
    const placed = await done(Promise.all(sent));
    expect(placed.every((each) => typeof each === 'object' && each !== null && 'offset' in each)).to.equal(true);
    expect(client.logs.get('orders/0')?.map(([digit]) => digit)).to.deep.equal([...'1234']);
    disk.readOnly = false;
    expect(await until(() => spool.status().unusable === undefined)).to.equal(true);
    expect(await until(() => spool.status().lanes[0]?.open === true)).to.equal(true);
  });

  it('rejects in time what neither the disk nor a Kafka that is there takes', async () => {
    const spool = await open();
    answer = down;
    await done(send(spool, 1));
    disk.readOnly = true;
    const before = world.now();
    expect(await done(caught(send(spool, 2)))).to.include({ kind: 'unavailable', reason: 'SPOOL_NOT_WRITTEN' });
    expect(world.now() - before).to.be.within(1_000, 4_000);
  });

  it('sends again no more than what was under way when it is killed during a drain', async () => {
    const partitions = 3;
    client = new FakeClient(
      () => partitions,
      async ({ partition }) => {
        await world.pause(5);
        const error = partition === 0 && client.sent.length > 1 ? down() : answer();
        if (error) throw error;
      },
    );
    const spool = await open(1_000_000);
    answer = down;
    const records = Array.from({ length: 600 }, (_, n) => makeRecord(`k${n}`, `${n}`.padStart(3, '0')));
    await done(Promise.all(records.map((record) => spool.publish(record))));
    answer = () => undefined;
    const acknowledged = () => [...client.logs.values()].reduce((sum, log) => sum + log.length, 0);
    // One partition takes nothing, so that what is finished has holes everywhere.
    await until(() => acknowledged() >= 150);
    disk.kill();
    const before = new Map([...client.logs].map(([name, log]) => [name, [...log]]));
    const largest = Math.max(...client.sent.map((batch) => batch.records.length));
    client.sent.length = 0;
    await done(disk.mount().list('/'));
    const again = new FakeClient(
      () => partitions,
      () => world.pause(5),
    );
    client = again;
    const next = await open(1_000_000);
    await until(() => next.status().lanes[0]?.spooled === 0);
    const all = [...before.values()].flat();
    const twice = [...again.logs.values()].flat().filter((value) => all.includes(value));
    expect(twice.length).to.be.at.most(largest * partitions);
    expect(twice.length).to.be.lessThan(all.length);
    expect(new Set([...all, ...[...again.logs.values()].flat()]).size).to.equal(600);
  });

  it('sends what is whole in files that were set aside, when it is asked to, and keeps them', async () => {
    const first = await open();
    answer = down;
    for (const n of [1, 2, 3, 4]) await done(send(first, n));
    disk.kill();
    const [path = ''] = disk.paths('/spool/topics/orders').filter((each) => each.endsWith('.journal'));
    // It is found in a folder where it does not belong.
    await done(disk.mount().rename(path, `/spool/topics/refunds/${path.split('/').at(-1)}`));
    client = new FakeClient(
      () => 1,
      () => world.pause(5),
    );
    const second = await open();
    await world.run(() => false, world.now() + 2_000);
    expect(client.logs.size).to.equal(0);
    expect(second.status().damagedFiles).to.equal(1);
    disk.put('/spool/recover', '');
    expect(await until(() => client.logs.get('orders/0')?.length === 4)).to.equal(true);
    expect(client.logs.get('orders/0')?.map(([digit]) => digit)).to.deep.equal([...'1234']);
    expect(await until(() => second.status().damagedFiles === 0)).to.equal(true);
    expect(disk.paths('/spool').filter((each) => each.includes('.recovered-'))).to.have.length(1);
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
        const { journal } = await openJournal(disk.mount(), '/journal');
        await journal.append(1, Buffer.from('kept'));
        disk.full = true;
        await journal.append(2, Buffer.alloc(100, 'refused')).catch(() => undefined);
        disk.full = false;
        await journal.append(3, Buffer.from('kept, too'));
        await journal.close();
        const next = await openJournal(disk.mount(), '/journal');
        expect(next.said).to.deep.equal([]);
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
