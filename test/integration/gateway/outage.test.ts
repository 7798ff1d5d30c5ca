import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { administer, until } from '../publish/helpers.js';
import { describeKafka, describeOwnKafka, getKafka, getOwnKafka } from '../shared-kafka.js';
import { type Exchange, runShipped } from './kafka.js';

const prefix = `gw${randomUUID().slice(0, 8)}`;
/** Numbers of requests that are good. */
const [first, second, third] = [7, 8, 9];
/** Seconds that an answer may take while Kafka says nothing. */
const longest = 3;

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
    const { status, text } = await gateway.send(gateway.mix(second));
    const seconds = (performance.now() - start) / 1000;
    expect([status, JSON.parse(text).status]).to.deep.equal([200, 'spooled']);
    expect(seconds).to.be.below(longest);
    await back();
    await until(() => gateway.log.find('lane open: records go to Kafka').length > 0);
    await until(async () => JSON.parse((await gateway.send(gateway.mix(third))).text).status === 'accepted');
  }

  it('spools while Kafka hangs, and recovers by itself', async () => {
    const { own } = getOwnKafka();
    await outlive(own.pause, own.resume);
  });

  it('spools when Kafka has crashed, and recovers by itself', async () => {
    const { own } = getOwnKafka();
    await outlive(own.kill, own.start);
  });
});

describeKafka('a gateway that may not create topics', () => {
  it('says what to do, spools, and takes webhooks once the topics are there', async () => {
    const gateway = await runShipped(`${prefix}x`, (yaml) => yaml.replace('create: missing', 'create: never'));
    try {
      const { settings, log } = gateway;
      const spooled = await gateway.send(gateway.mix(first));
      expect([spooled.status, JSON.parse(spooled.text).status]).to.deep.equal([200, 'spooled']);
      const advice = 'topics are missing: create them, or set kafka.topics.create: missing';
      expect(log.find(advice)).to.have.deep.nested.property('[0].topics', settings.topics);
      const details = log.find('records wait: their topic cannot be used').map(({ detail }) => String(detail));
      expect(log.find('no connection to Kafka')).to.deep.equal([]);
      expect(details.join()).to.match(/topic \S+ isn't there: create it, or set kafka\.topics\.create: missing/);
      const topics = settings.topics.map((topic) => ({ topic, numPartitions: 1 }));
      await administer(getKafka().brokers, (admin) => admin.createTopics({ topics, waitForLeaders: false }));
      await until(async () => JSON.parse((await gateway.send(gateway.mix(first))).text).status === 'accepted');
    } finally {
      await gateway.close();
    }
  });
});
