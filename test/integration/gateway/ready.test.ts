import { expect } from 'chai';
import type { Settings } from '../../../src/config/settings.js';
import { startGateway } from '../../../src/gateway.js';
import { type KafkaRecord, PublishError } from '../../../src/model.js';
import type { GatewayPublisher, PublisherStatus } from '../../../src/publish/create.js';
import { createLog } from '../../../src/telemetry/log.js';
import { configOf } from '../../e2e/running.js';
import { postStripe, secret } from '../../e2e/stripe.js';
import { load } from './running.js';

/** A way to Kafka with a spool, as the gateway sees it. */
interface Way {
  /** What `ready()` says: not closing, and Kafka or the spool's disk is there. */
  usable: boolean;
  connected: boolean;
  full: boolean;
  laneOpen: boolean;
}

interface WayPublisher extends GatewayPublisher {
  hold: Promise<void> | undefined;
  readonly topics: string[];
}

/** It takes a record exactly where it can: straight to Kafka, or into the spool. */
function createWay(way: Way): WayPublisher {
  const spool = () => ({
    lanes: [{ topic: 't', open: way.laneOpen, spooled: 0, bytes: 0, refused: 0, parked: 0 }],
    ...{ bytes: 0, maxBytes: 1, damagedFiles: 0, ...(way.full && { fullSince: 1 }) },
  });
  return {
    hold: undefined,
    topics: [],
    async publish({ topic }: KafkaRecord) {
      this.topics.push(topic);
      await this.hold;
      if (way.connected && way.laneOpen) return { topic, partition: 0, offset: 0n };
      if (!way.full && way.usable) return { topic, spooled: true };
      throw new PublishError('unavailable', 'SPOOL', 'neither Kafka nor the spool');
    },
    ready: () => way.usable,
    connected: () => way.connected,
    status: (): PublisherStatus => ({ queue: { records: 0, bytes: 0 }, spool: spool() }),
    close: async () => undefined,
  };
}

describe('/ready', () => {
  const way: Way = { usable: true, connected: true, full: false, laneOpen: true };
  let publisher: WayPublisher;
  let settings: Settings;
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let remove: () => void;

  beforeEach(async () => {
    Object.assign(way, { usable: true, connected: true, full: false, laneOpen: true });
    publisher = createWay(way);
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

  const states: readonly (readonly [what: string, state: Partial<Way>, status: number])[] = [
    ['Kafka is there', {}, 200],
    ['Kafka is there, and the spool is full or unusable', { full: true }, 200],
    ['Kafka is away, and the spool takes records', { connected: false, laneOpen: false }, 200],
    ['Kafka is away, and the spool is full', { connected: false, laneOpen: false, full: true }, 503],
    ['Kafka is away, and the spool cannot be used', { connected: false, laneOpen: false, usable: false }, 503],
    ['Kafka is back, and the spool is full while it is sent', { laneOpen: false, full: true }, 503],
    ['Kafka is back, and the spool is being sent', { laneOpen: false }, 200],
  ];
  for (const [what, state, status] of states) {
    it(`is ${status}, as the answer to a webhook, when ${what}`, async () => {
      Object.assign(way, state);
      expect(await ready()).to.deep.equal([status, status === 503 ? 'kafka_unavailable' : undefined]);
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
    const way: Way = { usable: true, connected: true, full: false, laneOpen: true };
    const publisher = createWay(way);
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
