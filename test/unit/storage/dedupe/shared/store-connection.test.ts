import { expect } from 'chai';
import { answerTime, StoreConnection } from '../../../../../src/storage/dedupe/shared/store-connection.js';
import { HeldClock, settle } from '../support.js';
import { MemoryStore } from './memory-store.js';

describe('the link to a shared store', () => {
  it('gives answers in the order of the questions, as nodes of a Cluster do not', async () => {
    const clock = new HeldClock();
    const link = new StoreConnection(new MemoryStore(clock), clock, () => undefined);
    await link.open(0);
    const answers: number[] = [];
    const replies: (() => void)[] = [];
    for (const n of [0, 1, 2]) {
      const question = () =>
        new Promise<number>((resolve) => {
          replies.push(() => resolve(n));
        });
      void link.ask(question).then((answer) => answers.push(answer));
    }
    const [first, second, third] = replies;
    third?.();
    second?.();
    await settle();
    expect(answers).to.deep.equal([]);
    first?.();
    await settle();
    expect(answers).to.deep.equal([0, 1, 2]);
    link.close();
  });

  it('notices without a question that the store is gone', async () => {
    const clock = new HeldClock();
    const store = new MemoryStore(clock);
    const reasons: (string | undefined)[] = [];
    const link = new StoreConnection(store, clock, (reason) => reasons.push(reason));
    await link.open(0);
    store.state = 'refuses';
    await clock.pass(5_000);
    expect([link.usable, ...reasons]).to.deep.equal([false, undefined, 'Error: READONLY']);
    link.close();
  });

  it('does not take a pause of its own process for silence of the store', async () => {
    const clock = new HeldClock();
    const reasons: (string | undefined)[] = [];
    const link = new StoreConnection(new MemoryStore(clock), clock, (reason) => reasons.push(reason));
    await link.open(0);
    let reply = (): void => undefined;
    const answer = link.ask(
      () =>
        new Promise<string>((resolve) => {
          reply = () => resolve('there');
        }),
    );
    // The timer is due; the answer lies unread in the socket.
    await clock.pass(answerTime + 150);
    reply();
    await settle();
    await clock.pass(1);
    expect(await answer).to.equal('there');
    expect(reasons).to.deep.equal([undefined]);
    link.close();
  });
});
