import { expect } from 'chai';
import type { OutgoingRequest } from '../../../../src/core/model.js';
import { generate } from '../../../../src/testing/simulator/generate.js';
import { NoAnswerError, type Sender, type SentAnswer } from '../../../../src/testing/simulator/sender.js';
import { SendTally } from '../../../../src/testing/simulator/tally.js';

const request: OutgoingRequest = { method: 'POST', url: 'http://127.0.0.1/', headers: {}, body: Buffer.alloc(0) };
const next = (): OutgoingRequest => request;
const forever = new AbortController().signal;

function senderOf(send: () => Promise<SentAnswer>): Sender {
  return { send, close: async () => undefined };
}

describe('simulate/generate', () => {
  it('sends rate × duration requests', async () => {
    const tally = new SendTally();
    const sender = senderOf(async () => ({ status: 200, body: '' }));
    const outcome = await generate({ rate: 1000, duration: 50, concurrency: 8, next, sender, tally, signal: forever });
    expect(tally.counts()).to.deep.include({ sent: 50, accepted: 50 });
    expect(outcome.unsent).to.equal(0);
  });

  it('never has more under way than it may, and says what found no place', async () => {
    const tally = new SendTally();
    const waiting: (() => void)[] = [];
    let underWay = 0;
    let most = 0;
    const sender = senderOf(async () => {
      most = Math.max(most, ++underWay);
      await new Promise<void>((resolve) => waiting.push(resolve));
      underWay--;
      return { status: 200, body: '' };
    });
    const run = generate({ rate: 1000, duration: 20, concurrency: 3, next, sender, tally, signal: forever });
    const timer = setInterval(() => waiting.splice(0).forEach((answer) => void answer()), 30);
    const { unsent } = await run;
    clearInterval(timer);
    expect(most).to.equal(3);
    expect(unsent).to.equal(17);
    expect(tally.counts()).to.deep.include({ sent: 3, accepted: 3 });
  });

  it('times a request that was held up from the moment it was due', async () => {
    const tally = new SendTally();
    const sender = senderOf(async () => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return { status: 200, body: '' };
    });
    await generate({ rate: 50, duration: 200, concurrency: 1, next, sender, tally, signal: forever });
    expect(tally.summary().milliseconds?.max).to.be.greaterThan(60);
  });

  it('stops where nobody answers from the beginning', async () => {
    const tally = new SendTally();
    const sender = senderOf(async () => {
      throw new NoAnswerError('ECONNREFUSED', request.url, undefined);
    });
    const outcome = await generate({
      rate: 100,
      duration: 60_000,
      concurrency: 2,
      next,
      sender,
      tally,
      signal: forever,
    });
    expect(tally.counts().failed).to.deep.equal({ ECONNREFUSED: tally.counts().sent });
    expect(outcome.unsent).to.equal(0);
  });

  it('ends when it is told to, after the answers under way', async () => {
    const tally = new SendTally();
    const controller = new AbortController();
    const sender = senderOf(async () => {
      controller.abort();
      return { status: 200, body: '' };
    });
    await generate({ rate: 1, duration: 60_000, concurrency: 2, next, sender, tally, signal: controller.signal });
    expect(tally.counts()).to.deep.include({ sent: 1, accepted: 1 });
  });
});
