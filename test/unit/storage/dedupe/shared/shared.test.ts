import { expect } from 'chai';
import { PublishError, type Published } from '../../../../../src/core/model.js';
import { type ClosableDedupe, createDedupe } from '../../../../../src/storage/dedupe/dedupe.js';
import { openShared } from '../../../../../src/storage/dedupe/shared/shared.js';
import { answerTime } from '../../../../../src/storage/dedupe/shared/store-connection.js';
import { MemoryWindow } from '../memory-window.js';
import { type Complaint, event, HeldClock, Publishing, placed, settle } from '../support.js';
import { MemoryStore } from './memory-store.js';

describe('dedupe of replicas', () => {
  let clock: HeldClock;
  let store: MemoryStore;
  let complaints: Complaint[];
  let one: ClosableDedupe;
  let other: ClosableDedupe;

  const log = (level: string, message: string, fields: Complaint['fields']) =>
    complaints.push({ level, message, fields });

  async function replica(onError: 'accept' | 'refuse' = 'accept'): Promise<ClosableDedupe> {
    const local = createDedupe({ window: new MemoryWindow(), clock, log });
    const opening = openShared({ local, store, clock, log, onError, window: 72 * 3_600_000 });
    await settle();
    return opening;
  }

  /** The same clock for both, so what they wait for comes. */
  async function pass(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 25) await clock.pass(25);
  }

  const never = () => expect.fail('published again');
  const unavailable = (late?: Promise<ReturnType<typeof placed>>) =>
    new PublishError('unavailable', 'ETIMEDOUT', 'late', { late });

  function outcome(published: Promise<Published>): Promise<Published | string> {
    return published.catch((error: unknown) => (error instanceof PublishError ? error.reason : String(error)));
  }

  beforeEach(async () => {
    clock = new HeldClock();
    store = new MemoryStore(clock);
    complaints = [];
    one = await replica();
    other = await replica();
  });

  it('publishes an event once, and the other replica tells where it lies', async () => {
    const first = await one.once(event('a'), async () => placed(7));
    expect(first).to.deep.equal({ placement: placed(7), duplicate: false, contentDiffers: false });
    await settle();
    expect(store.only).to.match(/^done \S{21} 3 7 webhooks.acme$/);
    const again = { placement: placed(7), duplicate: true, contentDiffers: false };
    expect(await other.once(event('a'), never)).to.deep.equal(again);
    const asked = store.asked;
    expect(await other.once(event('a'), never), 'from its own memory').to.deep.equal(again);
    expect(store.asked).to.equal(asked);
  });

  it('tells that it is spooled', async () => {
    await one.once(event('a'), async () => ({ topic: 'webhooks.acme', spooled: true }));
    expect(await other.once(event('a'), never)).to.deep.include({
      placement: { topic: 'webhooks.acme', spooled: true },
      duplicate: true,
    });
  });

  it('names an event as each replica does by itself: endpoint, id, type, content', async () => {
    await one.once(event('a'), async () => placed(1));
    await one.once(event('b', { by: 'id' }), async () => placed(2));
    const others = [
      event('a', { endpoint: 'other' }),
      event('a', { type: 'other' }),
      event('a', { content: 'other' }),
      event('b', { type: 'other', by: 'id' }),
    ];
    for (const each of others) {
      expect(await other.once(each, async () => placed(9))).to.include({ duplicate: false });
    }
    expect(await other.once(event('b', { by: 'id', content: 'other' }), never)).to.deep.equal({
      placement: placed(2),
      duplicate: true,
      contentDiffers: true,
    });
  });

  it('forgets it after the window', async () => {
    await one.once(event('a'), async () => placed(1));
    await clock.pass(72 * 3_600_000 + 1);
    expect(await other.once(event('a'), async () => placed(2))).to.include({ duplicate: false });
  });

  describe('while the other replica publishes it', () => {
    let publishing: Publishing;
    let first: Promise<Published | string>;

    beforeEach(async () => {
      publishing = new Publishing();
      first = outcome(one.once(event('a'), publishing.publish));
      await settle();
    });

    it('waits for it', async () => {
      const second = other.once(event('a'), never);
      await pass(500);
      publishing.resolve(placed(1));
      await pass(200);
      expect(await second).to.deep.include({ placement: placed(1), duplicate: true });
    });

    it('waits two seconds at most: then the sender is told to send again', async () => {
      let ended = false;
      const second = outcome(other.once(event('a'), never)).finally(() => {
        ended = true;
      });
      await pass(1_900);
      expect(ended).to.equal(false);
      await pass(answerTime + 50);
      expect(await second).to.equal('CLAIMED');
    });

    it('publishes it where the other one fails', async () => {
      const second = other.once(event('a'), async () => placed(2));
      publishing.reject(unavailable());
      await pass(200);
      expect(await first).to.equal('ETIMEDOUT');
      expect(await second).to.deep.include({ placement: placed(2), duplicate: false });
      expect(await one.once(event('a'), never)).to.deep.include({ placement: placed(2), duplicate: true });
    });

    it('does not where it may still come to Kafka', async () => {
      let arrive = (_: ReturnType<typeof placed>): void => undefined;
      const late = new Promise<ReturnType<typeof placed>>((resolve) => {
        arrive = resolve;
      });
      publishing.reject(unavailable(late));
      await settle();
      const second = outcome(other.once(event('a'), never));
      await pass(2_200);
      expect(await second).to.equal('CLAIMED');
      arrive(placed(3));
      await settle();
      expect(await other.once(event('a'), never)).to.deep.include({ placement: placed(3), duplicate: true });
    });

    it('renews the claim as long as that takes', async () => {
      await pass(120_000);
      const second = outcome(other.once(event('a'), never));
      await pass(2_200);
      expect(await second).to.equal('CLAIMED');
      publishing.resolve(placed(1));
      await settle();
      expect(await other.once(event('a'), never)).to.deep.include({ placement: placed(1) });
      expect(complaints.filter(({ level }) => level !== 'info')).to.deep.equal([]);
    });

    it('publishes it half a minute after the other one was killed', async () => {
      // Its timers end with it.
      clock.forget();
      const third = await replica();
      await pass(26_000);
      const early = outcome(third.once(event('a'), never));
      await pass(2_500);
      expect(await early).to.equal('CLAIMED');
      const late = third.once(event('a'), async () => placed(2));
      await pass(1_700);
      expect(await late).to.deep.include({ placement: placed(2), duplicate: false });
    });

    it('says so where the claim was lost meanwhile, and leaves what the other one has written', async () => {
      for (const each of store.values.values()) each.until = 0;
      await other.once(event('a'), async () => placed(2));
      publishing.resolve(placed(1));
      await settle();
      expect(store.only).to.contain(' 2 webhooks.acme');
      expect(complaints.map(({ message }) => message)).to.include(
        'a claim was lost to another replica: its event may be published twice',
      );
    });
  });

  it('publishes events in the order in which they came', async () => {
    const order: string[] = [];
    const ids = Array.from({ length: 50 }, (_, n) => `e${n}`);
    await other.once(event('e10'), async () => placed(10));
    await settle();
    await Promise.all(
      ids.map((id, n) =>
        one.once(event(id), async () => {
          order.push(id);
          return placed(n);
        }),
      ),
    );
    expect(order).to.deep.equal(ids.filter((id) => id !== 'e10'));
  });

  for (const state of ['refuses', 'silent', 'late'] as const) {
    it(`goes on with each replica's own memory while the store ${state === 'refuses' ? state : `is ${state}`}, and says so`, async () => {
      store.state = state;
      const asked: (string | undefined)[] = [];
      const publish = (offset: number) => async (how?: 'local') => {
        asked.push(how);
        return placed(offset);
      };
      const first = one.once(event('a'), publish(1));
      await pass(answerTime + 50);
      expect(await first).to.deep.include({ duplicate: false });
      expect(await one.once(event('b'), publish(2)), 'at once').to.deep.include({ duplicate: false });
      expect(await one.once(event('a'), never)).to.deep.include({ duplicate: true });
      expect(asked).to.deep.equal(['local', 'local']);
      expect(one.shared()).to.deep.equal({ usable: false, required: false, degraded: 2 });
      store.state = 'answers';
      await pass(1_500);
      expect(one.shared()).to.include({ usable: true });
      expect(await other.once(event('a'), never), 'heard of it later').to.deep.include({ placement: placed(1) });
      expect(await one.once(event('c'), publish(3))).to.include({ duplicate: false });
      expect(asked[2]).to.equal(undefined);
    });
  }

  it('asks nothing more after the first silence, but whether it answers again', async () => {
    store.state = 'silent';
    const all = Array.from({ length: 20 }, (_, n) => one.once(event(`e${n}`), async () => placed(n)));
    await pass(answerTime + 50);
    await Promise.all(all);
    const { asked } = store;
    for (let n = 20; n < 120; n++) await one.once(event(`e${n}`), async () => placed(n));
    expect(store.asked).to.equal(asked);
    await pass(10_000);
    expect(store.asked - asked).to.be.within(5, 12);
    expect(store.reconnects).to.be.within(1, 2);
  });

  it('refuses what it does not know itself where it has to', async () => {
    const strict = await replica('refuse');
    await strict.once(event('a'), async () => placed(1));
    store.state = 'silent';
    const first = outcome(strict.once(event('b'), never));
    await pass(answerTime + 50);
    expect(await first).to.equal('DEDUPE_UNAVAILABLE');
    expect(await strict.once(event('a'), never)).to.include({ duplicate: true });
    expect(strict.shared()).to.deep.equal({ usable: false, required: true, degraded: 0 });
  });

  it('tells a store that comes back once more what it has told it in the last moments', async () => {
    const claimed: string[] = [];
    const claim = store.claim.bind(store);
    store.claim = (key, own, lease) => {
      claimed.push(own);
      return claim(key, own, lease);
    };
    for (const id of ['long ago', 'a', 'b']) {
      await one.once(event(id), async () => placed(id.length));
      if (id === 'long ago') await pass(10_000);
    }
    await settle();
    const [, a, b] = [...store.values.keys()];
    // The next primary knows the claim of one, and nothing of the other.
    store.values.set(a ?? '', { value: claimed[1] ?? '', until: clock.now() + 30_000 });
    store.values.delete(b ?? '');
    store.state = 'refuses';
    await one.once(event('c'), async () => placed(1));
    expect(one.shared()).to.include({ usable: false });
    store.state = 'answers';
    const { asked } = store;
    await pass(1_500);
    expect(await other.once(event('a'), never)).to.deep.include({ placement: placed(1), duplicate: true });
    expect(await other.once(event('b'), never)).to.deep.include({ placement: placed(1), duplicate: true });
    expect(store.asked - asked, 'those two and the third, a probe, and two questions').to.equal(6);
  });

  it('tells the store at its end what it was not told yet', async () => {
    store.state = 'silent';
    const first = one.once(event('a'), async () => placed(1));
    await pass(answerTime + 50);
    await first;
    store.state = 'answers';
    await pass(100);
    const closing = one.close();
    await pass(1_500);
    await closing;
    expect(await other.once(event('a'), never)).to.deep.include({ placement: placed(1) });
  });
});
