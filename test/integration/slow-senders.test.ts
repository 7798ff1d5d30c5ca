import { expect } from 'chai';
import { configOf, type Started, start, untilReady } from '../e2e/running.js';
import { stripeRequest } from '../e2e/stripe.js';
import { measureHonest, postOnce, spawnSlowSenders } from '../slow-senders/senders.js';

describe('hundreds of slow senders', () => {
  let gateway: Started;
  let sent = 0;

  before(async () => {
    gateway = await start(configOf(1).replace('drain: 5s', 'drain: 5s, limits: { inFlight: 32, bodyTimeout: 10s }'));
    await untilReady(gateway.adminUrl, ({ status }) => status === 'ready');
  });
  after(async () => {
    gateway.cli.kill('SIGTERM');
    expect((await gateway.cli.ended()).code).to.equal(0);
    gateway.directory.remove();
  });

  for (const [what, senders] of [
    ['of one address', { connections: 400, addresses: 1, bytes: 0 }],
    ['of 200 addresses', { connections: 400, addresses: 200, bytes: 0 }],
    [
      'with bodies of nearly 1 MiB, which fill the memory for bodies',
      { connections: 100, addresses: 100, bytes: 1_048_575 },
    ],
  ] as const) {
    it(`${what} stop nobody else, though they post to the same endpoint`, async () => {
      const stop = spawnSlowSenders({ url: gateway.url, path: '/webhooks/stripe', ...senders });
      try {
        const { answers, p50 } = await measureHonest(
          () => {
            const { head, body } = stripeRequest(`evt_slow_${sent++}`);
            return postOnce(gateway.url, head, body);
          },
          { duration: 5_000, pause: 20 },
        );
        expect(Object.keys(answers)).to.deep.equal(['200']);
        // On a quiet machine it is a few milliseconds.
        expect(p50).to.be.below(500);
      } finally {
        stop();
      }
    });
  }
});
