import { expect } from 'chai';
import fc from 'fast-check';
import { type Placement, PublishError } from '../../../src/core/model.js';
import { createBatcher } from '../../../src/kafka/batcher.js';
import type { Batch } from '../../../src/kafka/client.js';
import type { Clock } from '../../../src/util/clock.js';
import { FakeClient, settle } from './fake-client.js';
import { caught, makeRecord } from './records.js';

/** A pause is over as soon as everything else has happened. */
const quickClock: Clock = {
  now: () => 0,
  date: () => 0,
  after(_milliseconds, call) {
    const timer = setImmediate(call);
    return () => clearImmediate(timer);
  },
};

const tooLarge = () => new PublishError('refused', 'MESSAGE_TOO_LARGE', 'too large');
const down = () => new PublishError('unavailable', 'ECONNREFUSED', 'down');

describe('batcher', () => {
  it('sends at once when idle and gathers while a batch is in flight', async () => {
    const client = new FakeClient(() => 1);
    const batcher = createBatcher(client, quickClock);
    const first = batcher.publish(makeRecord('a', 0));
    await settle();
    expect(client.held).to.have.length(1);

    const others = [1, 2, 3].map((n) => batcher.publish(makeRecord('a', n)));
    await settle();
    expect(client.held).to.have.length(1);

    await client.held[0]?.ack();
    expect(await first).to.deep.equal({ topic: 'orders', partition: 0, offset: 0n });
    expect(client.held[1]?.batch.records.map((record) => String(record.value))).to.deep.equal(['1', '2', '3']);
    await client.held[1]?.ack();
    expect((await Promise.all(others)).map(({ offset }) => offset)).to.deep.equal([1n, 2n, 3n]);
  });

  it('sends the records of one delivery together', async () => {
    const client = new FakeClient(() => 1);
    const batcher = createBatcher(client, quickClock);
    const all = [0, 1, 2].map((n) => batcher.publish(makeRecord('a', n)));
    await settle();
    expect(client.held.map(({ batch }) => batch.records.length)).to.deep.equal([3]);
    await client.held[0]?.ack();
    await Promise.all(all);
  });

  it('sends the partitions of one broker together, and those without a known leader alone', async () => {
    const leaders = [1, 2, 1, undefined, 1, 2];
    const answer = async () => undefined;
    const client = new FakeClient(
      () => 6,
      answer,
      (_topic, partition) => leaders[partition],
    );
    const batcher = createBatcher(client, quickClock);
    await Promise.all(Array.from({ length: 60 }, (_, n) => batcher.publish(makeRecord(`key-${n}`, n))));
    expect(client.requests.toSorted()).to.deep.equal([1, 2, 3]);
  });

  it('caps a request at about 2 MiB', async () => {
    const answer = async () => undefined;
    const client = new FakeClient(
      () => 6,
      answer,
      () => 1,
    );
    const batcher = createBatcher(client, quickClock);
    const value = Buffer.alloc(800 * 1024);
    await Promise.all(Array.from({ length: 60 }, (_, n) => batcher.publish(makeRecord(`key-${n}`, value))));
    expect(Math.max(...client.requests)).to.equal(3);
  });

  it('caps a batch at 1,000 records', async () => {
    const client = new FakeClient(
      () => 1,
      async () => undefined,
    );
    const batcher = createBatcher(client, quickClock);
    await Promise.all(Array.from({ length: 2500 }, (_, n) => batcher.publish(makeRecord('a', n))));
    expect(client.sent.map(({ records }) => records.length)).to.deep.equal([1000, 1000, 500]);
  });

  it('caps a batch at 900 KiB, headers and overhead included; a larger record goes alone', async () => {
    const client = new FakeClient(
      () => 1,
      async () => undefined,
    );
    const batcher = createBatcher(client, quickClock);
    const sizes = [400, 400, 400, 2000, 400].map((kib) => Buffer.alloc(kib * 1024));
    await Promise.all(sizes.map((value) => batcher.publish(makeRecord('a', value))));
    expect(client.sent.map(({ records }) => records.length)).to.deep.equal([2, 1, 1, 1]);
    const headers = { wide: 'é'.repeat(160 * 1024) };
    await Promise.all([0, 1, 2].map((n) => batcher.publish({ ...makeRecord('a', n), headers })));
    expect(client.sent.slice(4).map(({ records }) => records.length)).to.deep.equal([1, 1, 1]);
  });

  it('finds the refused record, saves its batch mates and keeps their order', async () => {
    const refuseBig = async (batch: Batch) => {
      if (batch.records.some(({ value }) => value.length > 2)) throw tooLarge();
    };
    const client = new FakeClient(() => 1, refuseBig);
    const batcher = createBatcher(client, quickClock);
    const values = ['0', '1', 'big', '3', '4', '5', 'huge', '7'];
    const results = await Promise.allSettled(values.map((value) => batcher.publish(makeRecord('a', value))));
    expect(results.map(({ status }) => status === 'fulfilled')).to.deep.equal(
      values.map((value) => value.length === 1),
    );
    expect(results[2]).to.have.nested.property('reason.reason', 'MESSAGE_TOO_LARGE');
    expect(client.logs.get('orders/0')).to.deep.equal(['0', '1', '3', '4', '5', '7']);
    await batcher.publish(makeRecord('a', '8'));
    expect(client.logs.get('orders/0')?.at(-1)).to.equal('8');
  });

  it('sends a batch that was not acknowledged again, unchanged, before anything else of its partition', async () => {
    const client = new FakeClient(() => 1);
    const batcher = createBatcher(client, quickClock);
    const first = [0, 1].map((n) => batcher.publish(makeRecord('a', n)));
    await settle();
    const behind = batcher.publish(makeRecord('a', 2));
    const other = batcher.publish(makeRecord('a', 0, 'refunds'));
    await settle();
    await client.held[0]?.fail(down());
    await settle();
    await client.held[1]?.ack();
    expect(await other).to.include({ topic: 'refunds' });
    await client.held[2]?.fail(new TypeError('op is not a function'));
    await settle();
    await client.held[3]?.ack();
    await client.held[4]?.ack();
    expect((await Promise.all([...first, behind])).map(({ offset }) => offset)).to.deep.equal([0n, 1n, 2n]);
    const orders = client.sent
      .filter(({ topic }) => topic === 'orders')
      .map(({ records }) => records.map(({ value }) => String(value)));
    expect(orders).to.deep.equal([['0', '1'], ['0', '1'], ['0', '1'], ['2']]);
  });

  it('sends the halves of a refused batch again, too', async () => {
    const client = new FakeClient(() => 1);
    const batcher = createBatcher(client, quickClock);
    const results = Promise.all([0, 1].map((n) => batcher.publish(makeRecord('a', n))));
    await settle();
    await client.held[0]?.fail(tooLarge());
    await client.held[1]?.fail(down());
    await settle();
    await client.held[2]?.ack();
    await client.held[3]?.ack();
    expect((await results).map(({ offset }) => offset)).to.deep.equal([0n, 1n]);
  });

  it('keeps the order while the number of partitions is asked for, and asks again after a failure', async () => {
    let asked = 0;
    const answers: ((count: number | Error) => void)[] = [];
    const client = new FakeClient(
      () => {
        asked++;
        return new Promise((resolve, reject) => {
          answers.push((count) => (count instanceof Error ? reject(count) : resolve(count)));
        });
      },
      async () => undefined,
    );
    const batcher = createBatcher(client, quickClock);
    const all = [0, 1].map((n) => batcher.publish(makeRecord('a', n)));
    answers[0]?.(new PublishError('unavailable', 'UNKNOWN_TOPIC_OR_PARTITION', 'not there'));
    await settle();
    all.push(batcher.publish(makeRecord('a', 2)));
    await settle();
    expect(asked).to.equal(2);
    answers[1]?.(1);
    await Promise.all(all);
    expect(client.logs.get('orders/0')).to.deep.equal(['0', '1', '2']);
  });

  it('asks for a topic that was deleted before it tries again, once for all its partitions', async () => {
    const asked: string[] = [];
    let known = true;
    const client = new FakeClient((topic) => {
      if (known) return 2;
      asked.push(topic);
      return settle().then(() => {
        known = true;
        return 2;
      });
    });
    const batcher = createBatcher(client, quickClock);
    const all = ['a', 'b', 'c', 'd'].map((key) => batcher.publish(makeRecord(key, key)));
    await settle();
    expect(client.held).to.have.length(2);
    known = false;
    for (const held of [...client.held]) await held.fail(down());
    while (client.held.length < 4) await settle();
    expect(asked).to.deep.equal(['orders']);
    await client.held[2]?.ack();
    await client.held[3]?.ack();
    await Promise.all(all);
  });

  it('places records anew where their topic was made again with fewer partitions, in their order', async () => {
    let partitions = 8;
    const client = new FakeClient(
      () => partitions,
      async ({ partition }) => {
        await settle();
        if (partition >= partitions) throw down();
        if (client.sent.length < 3) {
          partitions = 1;
          throw down();
        }
      },
    );
    const batcher = createBatcher(client, quickClock);
    const publishAll = (from: number) =>
      ['a', 'b', 'c'].flatMap((key) => [0, 1].map((n) => batcher.publish(makeRecord(key, `${key}:${from + n}`))));
    const first = publishAll(0);
    await settle();
    const second = publishAll(2);
    expect(batcher.status()).to.include({ records: 12 });
    await Promise.all([...first, ...second]);
    const written = client.logs.get('orders/0') ?? [];
    for (const key of ['a', 'b', 'c']) {
      expect(written.filter((value) => value.startsWith(key))).to.have.members([0, 1, 2, 3].map((n) => `${key}:${n}`));
    }
    expect([...client.logs.keys()]).to.deep.equal(['orders/0']);
    expect(batcher.status()).to.deep.equal({ records: 0, bytes: 0 });
  });

  it('rejects what is not acknowledged when it closes, and takes nothing more', async () => {
    const client = new FakeClient(() => 1);
    const batcher = createBatcher(client, quickClock);
    const inFlight = batcher.publish(makeRecord('a', 0));
    await settle();
    const queued = caught(batcher.publish(makeRecord('a', 1)));
    const closed = batcher.close();
    expect(batcher.ready()).to.equal(false);
    expect(await caught(batcher.publish(makeRecord('a', 'late')))).to.include({ reason: 'CLOSED' });
    await client.held[0]?.ack();
    expect(await inFlight).to.include({ offset: 0n });
    await client.held[1]?.fail(down());
    expect(await queued).to.include({ kind: 'unavailable', reason: 'CLOSED' });
    await closed;
    expect(client.closed).to.equal(true);
  });

  it('places every record exactly once, in the order of its key, whatever fails', async () => {
    const event = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      topic: fc.constantFrom('orders', 'refunds'),
      refused: fc.boolean(),
      pause: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), fc.infiniteStream(fc.nat(9)), async (events, dice) => {
        const client = new FakeClient(
          (topic) => (topic === 'orders' ? 3 : 1),
          async (batch) => {
            await settle();
            if (dice.next().value === 0) throw down();
            if (batch.records.some(({ headers }) => headers.refused)) throw tooLarge();
          },
        );
        const batcher = createBatcher(client, quickClock);
        const results: Promise<Placement>[] = [];
        for (const [n, { key, topic, refused, pause }] of events.entries()) {
          const headers: { [name: string]: string } = refused ? { refused: 'yes' } : {};
          const result = batcher.publish({ topic, key, headers, value: Buffer.from(`${key}:${n}`) });
          result.catch(() => undefined);
          results.push(result);
          if (pause) await settle();
        }
        const settled = await Promise.allSettled(results);
        await batcher.close();
        const written = [...client.logs.entries()].flatMap(([lane, log]) =>
          log.map((value, offset) => `${lane}@${offset} ${value}`),
        );
        const acked = settled.flatMap((result, n) => {
          if (result.status === 'rejected') return [];
          const { topic, partition, offset } = result.value;
          return [`${topic}/${partition}@${offset} ${events[n]?.key}:${n}`];
        });
        expect(written.toSorted()).to.deep.equal(acked.toSorted());
        for (const log of client.logs.values()) {
          for (const key of 'abcde') {
            const order = log.filter((value) => value.startsWith(key)).map((value) => Number(value.slice(2)));
            expect(order).to.deep.equal(order.toSorted((a, b) => a - b));
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
