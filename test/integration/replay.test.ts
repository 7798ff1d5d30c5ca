import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { lockTopic } from '../../src/publish/topic-lock.js';
import { proveReplay } from '../replay/prove.js';
import { administer, makeSettings, nameTopic } from './publish/helpers.js';
import { describeKafka, getKafka } from './shared-kafka.js';

describeKafka('replaying dead letters', () => {
  it('loses none and publishes none twice, though it is killed half-way', async function () {
    this.timeout(180_000);
    const { brokers } = getKafka();
    const prefix = `proof.${randomUUID().slice(0, 8)}`;
    const proof = await proveReplay({ brokers, prefix, letters: 2_000, kills: [0.5] });
    expect(proof).to.deep.include({
      expected: 1_940,
      lost: [],
      twice: [],
      strange: [],
      left: 40,
      failing: { signature_mismatch: 20, schema_violation: 20 },
    });
  });

  it('lets one replay hold a topic', async () => {
    const topic = nameTopic('held');
    const settings = makeSettings(getKafka().brokers, { clientId: topic });
    await administer(settings.brokers, (admin) =>
      admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 2 }] }),
    );
    const ignore = () => undefined;
    const first = await lockTopic(settings, topic, 'replay', ignore);
    expect(first?.held()).to.equal(true);
    expect(await lockTopic(settings, topic, 'replay', ignore)).to.equal(undefined);
    expect(first?.held()).to.equal(true);
    await first?.release();
    const next = await lockTopic(settings, topic, 'replay', ignore);
    expect(next?.held()).to.equal(true);
    await next?.release();
  });
});
