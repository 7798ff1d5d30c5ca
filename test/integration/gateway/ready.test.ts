import { expect } from 'chai';
import type { GatewaySettings } from '../../../src/config/settings.js';
import { type KafkaRecord, PublishError } from '../../../src/core/model.js';
import { startGateway } from '../../../src/gateway.js';
import type { GatewayPublisher } from '../../../src/publish/create.js';
import { createLog } from '../../../src/server/telemetry/log.js';
import { configOf } from '../../e2e/running.js';
import { postStripe, secret } from '../../e2e/stripe.js';
import { load } from './running.js';

interface FakeWay extends GatewayPublisher {
  /** Whether records are taken. */
  takes: boolean;
  hold: Promise<void> | undefined;
  readonly topics: string[];
}

function createWay(): FakeWay {
  return {
    takes: true,
    hold: undefined,
    topics: [],
    async publish({ topic }: KafkaRecord) {
      this.topics.push(topic);
      await this.hold;
      if (this.takes) return { topic, partition: 0, offset: 0n };
      throw new PublishError('unavailable', 'SPOOL', 'neither Kafka nor the spool');
    },
    ready() {
      return this.takes;
    },
    connected() {
      return this.takes;
    },
    close: async () => undefined,
  };
}

describe('/ready', () => {
  let publisher: FakeWay;
  let settings: GatewaySettings;
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let remove: () => void;

  beforeEach(async () => {
    publisher = createWay();
    const text = configOf(1).replace('drain: 5s', 'drain: 5s, limits: { inFlight: 1 }');
    const loaded = await load({ 'config/gateway.yaml': text, 'data/stripe.secret': secret }, 'config/gateway.yaml');
    ({ remove, settings } = loaded);
    gateway = await startGateway(settings, { publisher, log: createLog('error', { write: () => true }) });
  });
  afterEach(async () => {
    await gateway.close();
    remove();
  });

  async function ready(): Promise<[number, string | undefined]> {
    const answer = await fetch(`${gateway.adminUrl}/ready`);
    return [answer.status, JSON.parse(await answer.text()).reason];
  }

  for (const [takes, status, reason] of [
    [true, 200, undefined],
    [false, 503, 'kafka_unavailable'],
  ] as const) {
    it(`is ${status}, as the answer to a webhook, when records are ${takes ? '' : 'not '}taken`, async () => {
      publisher.takes = takes;
      expect(await ready()).to.deep.equal([status, reason]);
      expect(await postStripe(gateway.url, 'evt_1')).to.equal(status);
    });
  }

  it('is 503 while there is no place for a webhook, and 200 afterwards', async () => {
    let release = () => {};
    publisher.hold = new Promise<void>((resolve) => (release = resolve));
    const first = postStripe(gateway.url, 'evt_1');
    while ((await ready())[0] === 200);
    expect(await ready()).to.deep.equal([503, 'overloaded']);
    expect(await postStripe(gateway.url, 'evt_2')).to.equal(503);
    release();
    expect(await first).to.equal(200);
    expect(await ready()).to.deep.equal([200, undefined]);
    expect(await postStripe(gateway.url, 'evt_2')).to.equal(200);
  });

  it('is 503 at once when the gateway is told to stop, on every port until the end', async () => {
    const closing = gateway.close(300);
    expect(await ready()).to.deep.equal([503, 'stopping']);
    expect(await postStripe(gateway.url, 'evt_1')).to.equal(200);
    let end: () => void = () => {};
    publisher.close = () => new Promise((resolve) => (end = resolve));
    for (;;) if ((await postStripe(gateway.url, 'evt_2').catch(() => 0)) === 0) break;
    expect(await ready()).to.deep.equal([503, 'stopping']);
    end();
    await closing;
    expect(await ready().catch(() => 'no answer')).to.equal('no answer');
  });
});

describe('a reload', () => {
  it('does not fill up the budget for dead letters of strangers, of which one address has half', async () => {
    const publisher = createWay();
    const text = configOf(1).replace('topic: webhooks.dlq', 'topic: webhooks.dlq, unverified: { perMinute: 4 }');
    const files = { 'config/gateway.yaml': text, 'data/stripe.secret': secret };
    const { settings, remove } = await load(files, 'config/gateway.yaml');
    const gateway = await startGateway(settings, { publisher, log: createLog('error', { write: () => true }) });
    const stranger = async () => {
      const headers = { 'content-type': 'application/json', 'stripe-signature': 't=1,v1=00' };
      return (await fetch(`${gateway.url}/webhooks/stripe`, { method: 'POST', body: '{}', headers })).status;
    };
    const statuses = [await stranger(), await stranger(), await stranger()];
    gateway.reload({ ...settings });
    statuses.push(await stranger());
    expect(statuses).to.deep.equal([401, 401, 401, 401]);
    expect(publisher.topics).to.deep.equal(['webhooks.dlq', 'webhooks.dlq']);
    await gateway.close();
    remove();
  });
});
