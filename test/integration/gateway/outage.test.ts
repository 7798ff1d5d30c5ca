import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { administer, until } from '../publish/helpers.js';
import { describeKafka, describeOwnKafka, getKafka, getOwnKafka } from '../shared-kafka.js';
import { type Exchange, runShipped } from './kafka.js';

const prefix = `gw${randomUUID().slice(0, 8)}`;
/** Numbers of requests that are good. */
const [first, second, third] = [7, 8, 9];
/** Seconds that an answer may take while Kafka says nothing. */
const longest = 13;

describeOwnKafka('the gateway without its Kafka', () => {
  let gateway: Exchange;

  before(async () => {
    gateway = await runShipped(prefix);
  });
  after(() => gateway.close());

  async function outlive(away: () => void | Promise<void>, back: () => void | Promise<void>): Promise<void> {
    expect((await gateway.send(gateway.mix(first))).status).to.equal(200);
    const start = performance.now();
    await away();
    const { status, retryAfter, text } = await gateway.send(gateway.mix(second));
    const seconds = (performance.now() - start) / 1000;
    await until(async () => !(await gateway.isReady()));
    await back();
    expect([status, retryAfter]).to.deep.equal([503, '5']);
    expect(JSON.parse(text)).to.deep.equal({ status: 'unavailable', error: 'kafka_unavailable' });
    expect(seconds).to.be.below(longest);
    await until(gateway.isReady);
    expect((await gateway.send(gateway.mix(third))).status).to.equal(200);
  }

  it('asks to send again while Kafka hangs, and recovers by itself', async () => {
    const { own } = getOwnKafka();
    await outlive(own.pause, own.resume);
  });

  it('asks to send again when Kafka has crashed, and recovers by itself', async () => {
    const { own } = getOwnKafka();
    await outlive(own.kill, own.start);
  });
});

describeKafka('a gateway that may not create topics', () => {
  it('says what to do, asks to send again, and takes webhooks once the topics are there', async () => {
    const gateway = await runShipped(`${prefix}x`, (yaml) => yaml.replace('create: missing', 'create: never'));
    try {
      const { settings, log } = gateway;
      expect(await gateway.send(gateway.mix(first))).to.include({ status: 503, retryAfter: '5' });
      const advice = 'topics are missing: create them, or set kafka.topics.create: missing';
      expect(log.find(advice)).to.have.deep.nested.property('[0].topics', settings.topics);
      const [refused] = log.find('delivery refused');
      expect(refused?.detail).to.match(/topic \S+ isn't there: create it, or set kafka\.topics\.create: missing/);
      const topics = settings.topics.map((topic) => ({ topic, numPartitions: 1 }));
      await administer(getKafka().brokers, (admin) => admin.createTopics({ topics, waitForLeaders: false }));
      await until(async () => (await gateway.send(gateway.mix(first))).status === 200);
    } finally {
      await gateway.close();
    }
  });
});
