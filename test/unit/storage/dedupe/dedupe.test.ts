import { expect } from 'chai';
import { PublishError, type Published } from '../../../../src/core/model.js';
import { type ClosableDedupe, createDedupe } from '../../../../src/storage/dedupe/dedupe.js';
import { MemoryWindow } from './memory-window.js';
import { type Complaint, event, HeldClock, Publishing, placed, settle } from './support.js';

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

  const once = (id: string, offset: number, endpoint = 'acme') =>
    dedupe.once(event(id, { endpoint }), async () => placed(offset));
  const never = () => expect.fail('published again');
  const unavailable = () => new PublishError('unavailable', 'ETIMEDOUT', 'late');

  it('publishes once and tells where, before and after it is written', async () => {
    expect(await once('a', 1)).to.deep.equal({ placement: placed(1), duplicate: false, contentDiffers: false });
    expect(await dedupe.once(event('a'), never)).to.deep.equal({
      placement: placed(1),
      duplicate: true,
      contentDiffers: false,
    });
    await clock.pass(50);
    expect(window.groups).to.equal(1);
    expect(await dedupe.once(event('a'), never)).to.deep.equal({
      placement: placed(1),
      duplicate: true,
      contentDiffers: false,
    });
  });

  describe('of an id that is known', () => {
    beforeEach(() => once('a', 1));
    const other = { content: 'other content' };

    async function told(over: Parameters<typeof event>[1]): Promise<Published[]> {
      const soon = await dedupe.once(event('a', over), async () => placed(2));
      await dedupe.close();
      dedupe = start();
      return [soon, await dedupe.once(event('a', over), async () => placed(3))];
    }

    it('publishes other content, says so, and then knows both', async () => {
      expect(await told(other)).to.deep.equal([
        { placement: placed(2), duplicate: false, contentDiffers: true },
        { placement: placed(2), duplicate: true, contentDiffers: false },
      ]);
      expect(await dedupe.once(event('a'), never)).to.deep.include({ placement: placed(1), duplicate: true });
    });

    it('takes other content for a repetition where the id names the event, and says so', async () => {
      const repeated = { placement: placed(1), duplicate: true, contentDiffers: true };
      expect(await told({ ...other, by: 'id' })).to.deep.equal([repeated, repeated]);
    });

    it('publishes another type, whatever names the event', async () => {
      for (const by of ['id', 'content'] as const) {
        const twin = event('a', { type: `other type ${by}`, by });
        expect(await dedupe.once(twin, async () => placed(2))).to.deep.include({
          placement: placed(2),
          duplicate: false,
        });
      }
    });

    it('publishes other content while the first is being published', async () => {
      const [first, second] = [new Publishing(), new Publishing()];
      const results = [
        dedupe.once(event('b'), first.publish),
        dedupe.once(event('b', other), second.publish),
        dedupe.once(event('b', other), never),
      ];
      second.resolve(placed(5));
      first.resolve(placed(4));
      expect(await Promise.all(results)).to.deep.equal([
        { placement: placed(4), duplicate: false, contentDiffers: false },
        { placement: placed(5), duplicate: false, contentDiffers: true },
        { placement: placed(5), duplicate: true, contentDiffers: false },
      ]);
    });
  });

  it('tells endpoints apart', async () => {
    await once('a', 1);
    expect((await once('a', 2, 'other')).duplicate).to.equal(false);
  });

  it('knows after a restart what was published before', async () => {
    await once('a', 1);
    await dedupe.close();
    dedupe = start();
    expect(await dedupe.once(event('a'), never)).to.deep.equal({
      placement: placed(1),
      duplicate: true,
      contentDiffers: false,
    });
  });

  it('lets twins share one publish and its answer', async () => {
    const publishing = new Publishing();
    const twins = [1, 2, 3].map(() => dedupe.once(event('a'), publishing.publish));
    await settle();
    expect(publishing.calls).to.equal(1);
    publishing.resolve(placed(9));
    const twin = { placement: placed(9), duplicate: true, contentDiffers: false };
    expect(await Promise.all(twins)).to.deep.equal([{ ...twin, duplicate: false }, twin, twin]);
  });

  for (const kind of ['unavailable', 'refused'] as const) {
    it(`lets twins share a publish that is ${kind}, and remembers nothing`, async () => {
      const publishing = new Publishing();
      const twins = [1, 2].map(() => dedupe.once(event('a'), publishing.publish));
      const error = new PublishError(kind, 'X', 'no');
      publishing.reject(error);
      const results = await Promise.allSettled(twins);
      expect(results).to.deep.equal(Array(2).fill({ status: 'rejected', reason: error }));
      expect(await once('a', 2)).to.deep.equal({ placement: placed(2), duplicate: false, contentDiffers: false });
    });
  }

  it('calls publish at once, so that events keep their order', () => {
    const order: number[] = [];
    for (const n of [1, 2, 3]) {
      void dedupe.once(event(`evt_${n}`), async () => {
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
    expect((await dedupe.once(event('a'), never)).duplicate).to.equal(true);
    expect(complaints.map(({ level }) => level)).to.deep.equal(['error']);
    window.full = false;
    await clock.pass(1000);
    expect(complaints.map(({ level }) => level)).to.deep.equal(['error', 'info']);
    await dedupe.close();
    dedupe = start();
    for (const id of ['a', 'b']) expect((await dedupe.once(event(id), never)).duplicate).to.equal(true);
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
      await expectRejection(dedupe.once(event('a'), () => Promise.reject(error)));
      return kafka;
    }

    it('remembers it from then on', async () => {
      const kafka = await failLate();
      kafka.resolve(placed(5));
      await settle();
      expect(await dedupe.once(event('a'), never)).to.deep.equal({
        placement: placed(5),
        duplicate: true,
        contentDiffers: false,
      });
      await dedupe.close();
      dedupe = start();
      expect(await dedupe.once(event('a'), never)).to.deep.equal({
        placement: placed(5),
        duplicate: true,
        contentDiffers: false,
      });
    });

    it('publishes the repetition as long as nobody knows', async () => {
      const kafka = await failLate();
      expect(await once('a', 6)).to.deep.equal({ placement: placed(6), duplicate: false, contentDiffers: false });
      kafka.resolve(placed(5));
      await settle();
      expect((await dedupe.once(event('a'), never)).duplicate).to.equal(true);
    });

    it('publishes the repetition if it is not written after all', async () => {
      const kafka = await failLate();
      kafka.reject(unavailable());
      await settle();
      expect(await once('a', 6)).to.deep.equal({ placement: placed(6), duplicate: false, contentDiffers: false });
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
    const thrown = await dedupe.once(event('a'), () => Promise.reject(error)).catch((reason: unknown) => reason);
    expect(thrown).to.equal(error);
    expect((await once('a', 1)).duplicate).to.equal(false);
  });

  it('remembers nothing of a publish that failed when the process ended', async () => {
    await expectRejection(dedupe.once(event('a'), () => Promise.reject(unavailable())));
    await dedupe.close();
    dedupe = start();
    expect((await once('a', 1)).duplicate).to.equal(false);
  });
});

async function expectRejection(promise: Promise<unknown>): Promise<void> {
  const error = await promise.catch((reason: unknown) => reason);
  expect(error).to.be.instanceOf(PublishError);
}
