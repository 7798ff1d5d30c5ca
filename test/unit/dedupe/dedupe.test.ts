import { expect } from 'chai';
import { type ClosableDedupe, createDedupe } from '../../../src/dedupe/dedupe.js';
import { PublishError } from '../../../src/model.js';
import { MemoryWindow } from './memory-window.js';
import { type Complaint, HeldClock, Publishing, placed, settle } from './support.js';

describe('dedupe', () => {
  let window: MemoryWindow;
  let clock: HeldClock;
  let complaints: Complaint[];
  let dedupe: ClosableDedupe;

  function start(): ClosableDedupe {
    return createDedupe({
      window,
      clock,
      log: (level, message, fields) => complaints.push({ level, message, fields }),
    });
  }

  beforeEach(() => {
    window = new MemoryWindow();
    clock = new HeldClock();
    complaints = [];
    dedupe = start();
  });

  const once = (id: string, offset: number, endpoint = 'acme') => dedupe.once(endpoint, id, async () => placed(offset));
  const never = () => expect.fail('published again');
  const unavailable = () => new PublishError('unavailable', 'ETIMEDOUT', 'late');

  it('publishes once and tells where, before and after it is written', async () => {
    expect(await once('a', 1)).to.deep.equal({ placement: placed(1), duplicate: false });
    expect(await dedupe.once('acme', 'a', never)).to.deep.equal({ placement: placed(1), duplicate: true });
    await clock.pass(50);
    expect(window.groups).to.equal(1);
    expect(await dedupe.once('acme', 'a', never)).to.deep.equal({ placement: placed(1), duplicate: true });
  });

  it('tells endpoints apart', async () => {
    await once('a', 1);
    expect((await once('a', 2, 'other')).duplicate).to.equal(false);
  });

  it('knows after a restart what was published before', async () => {
    await once('a', 1);
    await dedupe.close();
    dedupe = start();
    expect(await dedupe.once('acme', 'a', never)).to.deep.equal({ placement: placed(1), duplicate: true });
  });

  it('lets twins share one publish and its answer', async () => {
    const publishing = new Publishing();
    const twins = [1, 2, 3].map(() => dedupe.once('acme', 'a', publishing.publish));
    await settle();
    expect(publishing.calls).to.equal(1);
    publishing.resolve(placed(9));
    expect(await Promise.all(twins)).to.deep.equal(Array(3).fill({ placement: placed(9), duplicate: false }));
  });

  for (const kind of ['unavailable', 'refused'] as const) {
    it(`lets twins share a publish that is ${kind}, and remembers nothing`, async () => {
      const publishing = new Publishing();
      const twins = [1, 2].map(() => dedupe.once('acme', 'a', publishing.publish));
      const error = new PublishError(kind, 'X', 'no');
      publishing.reject(error);
      const results = await Promise.allSettled(twins);
      expect(results).to.deep.equal(Array(2).fill({ status: 'rejected', reason: error }));
      expect(await once('a', 2)).to.deep.equal({ placement: placed(2), duplicate: false });
    });
  }

  it('calls publish at once, so that events keep their order', () => {
    const order: number[] = [];
    for (const n of [1, 2, 3]) {
      void dedupe.once('acme', `evt_${n}`, async () => {
        order.push(n);
        return placed(n);
      });
    }
    expect(order).to.deep.equal([1, 2, 3]);
  });

  it('writes in groups', async () => {
    for (let n = 0; n < 100; n++) await once(`evt_${n}`, n);
    await clock.pass(50);
    await once('late', 1);
    await clock.pass(50);
    expect(window.groups).to.equal(2);
  });

  it('goes on while the disk is full, says so once, and writes later', async () => {
    window.full = true;
    await once('a', 1);
    await clock.pass(50);
    await once('b', 2);
    await clock.pass(1000);
    expect((await dedupe.once('acme', 'a', never)).duplicate).to.equal(true);
    expect(complaints.map(({ level }) => level)).to.deep.equal(['error']);
    window.full = false;
    await clock.pass(1000);
    expect(complaints.map(({ level }) => level)).to.deep.equal(['error', 'info']);
    await dedupe.close();
    dedupe = start();
    for (const id of ['a', 'b']) expect((await dedupe.once('acme', id, never)).duplicate).to.equal(true);
  });

  it('keeps 100,000 events that it cannot write, and not many more', async () => {
    window.full = true;
    for (let n = 0; n < 110_000; n++) await once(`evt_${n}`, n);
    await clock.pass(50);
    expect((await once('evt_9999', 1)).duplicate).to.equal(false);
    expect((await once('evt_10000', 1)).duplicate).to.equal(true);
  });

  it('goes on publishing where the window cannot be read', async () => {
    window.unreadable = true;
    expect((await once('a', 1)).duplicate).to.equal(false);
    expect(complaints).to.have.length(1);
  });

  describe('where a record is written after its sender was told to send it again', () => {
    /** The first try fails, and Kafka may take it all the same. */
    async function failLate(): Promise<Publishing> {
      const kafka = new Publishing();
      const error = new PublishError('unavailable', 'SPOOL_FULL', 'full', { late: kafka.publish() });
      await expectRejection(dedupe.once('acme', 'a', () => Promise.reject(error)));
      return kafka;
    }

    it('remembers it from then on', async () => {
      const kafka = await failLate();
      kafka.resolve(placed(5));
      await settle();
      expect(await dedupe.once('acme', 'a', never)).to.deep.equal({ placement: placed(5), duplicate: true });
      await dedupe.close();
      dedupe = start();
      expect(await dedupe.once('acme', 'a', never)).to.deep.equal({ placement: placed(5), duplicate: true });
    });

    it('publishes the repetition as long as nobody knows', async () => {
      const kafka = await failLate();
      expect(await once('a', 6)).to.deep.equal({ placement: placed(6), duplicate: false });
      kafka.resolve(placed(5));
      await settle();
      expect((await dedupe.once('acme', 'a', never)).duplicate).to.equal(true);
    });

    it('publishes the repetition if it is not written after all', async () => {
      const kafka = await failLate();
      kafka.reject(unavailable());
      await settle();
      expect(await once('a', 6)).to.deep.equal({ placement: placed(6), duplicate: false });
    });

    it('takes no notice of it once it is closed', async () => {
      const kafka = await failLate();
      await dedupe.close();
      kafka.resolve(placed(5));
      await clock.pass(1000);
      expect(window.groups).to.equal(0);
    });
  });

  it('takes a bug of publish for a failure', async () => {
    const error = new TypeError('oops');
    const thrown = await dedupe.once('acme', 'a', () => Promise.reject(error)).catch((reason: unknown) => reason);
    expect(thrown).to.equal(error);
    expect((await once('a', 1)).duplicate).to.equal(false);
  });

  it('remembers nothing of a publish that failed when the process ended', async () => {
    await expectRejection(dedupe.once('acme', 'a', () => Promise.reject(unavailable())));
    await dedupe.close();
    dedupe = start();
    expect((await once('a', 1)).duplicate).to.equal(false);
  });
});

async function expectRejection(promise: Promise<unknown>): Promise<void> {
  const error = await promise.catch((reason: unknown) => reason);
  expect(error).to.be.instanceOf(PublishError);
}
