import { randomBytes } from 'node:crypto';
import zlib from 'node:zlib';
import { expect } from 'chai';
import { Kafka, logLevel } from 'kafkajs';
import type { KafkaSettings } from '../../../src/config/settings.js';
import { estimateBytes } from '../../../src/kafka/queue.js';
import { WireClient } from '../../../src/kafka/wire/client.js';
import { createEncode } from '../../../src/kafka/wire/encode.js';
import { createPublisher } from '../../../src/publish/create.js';
import { describeKafka, getKafka } from '../shared-kafka.js';
import { administer, caught, limits, makeRecord, makeSettings, nameTopic, readAll } from './helpers.js';

const hasZstd = 'zstdCompress' in zlib;
const names: readonly NonNullable<KafkaSettings['compression']>[] = hasZstd ? ['gzip', 'zstd'] : ['gzip'];
const guid = '89791762-2336-4186-9674-299b90a802e2';

function makeTopic(topic: string, compression?: string): Promise<unknown> {
  const entries = compression === undefined ? [] : [{ name: 'compression.type', value: compression }];
  return administer(getKafka().brokers, (admin) =>
    admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 1, configEntries: entries }] }),
  );
}

describeKafka('compression', () => {
  for (const compression of names) {
    it(`publishes with ${compression}, small batches and large ones, and reads them`, async () => {
      const topic = nameTopic(compression);
      await makeTopic(topic);
      const settings = makeSettings(getKafka().brokers, { compression });
      const publisher = await createPublisher(settings, { topics: [topic], log: () => undefined, ...limits });
      const body = JSON.stringify({ object: 'event', data: { object: { id: 'ch_1', amount: 100 } } });
      const values = Array.from({ length: 600 }, (_, index) => `${body}${index}${body.repeat(20)}`);
      await publisher.publish(makeRecord(topic, 'k', values[0] ?? ''));
      await Promise.all(values.slice(1).map((value) => publisher.publish(makeRecord(topic, 'k', value))));
      await publisher.close();
      const stored = await readAll(settings, topic);
      expect(stored.map(({ value }) => String(value))).to.deep.equal(values);
      expect(stored[0]?.headers).to.deep.equal({ ce_id: 'evt_k', ce_subject: 'zürich ☃' });
    });

    it(`leaves a batch alone that ${compression} does not make smaller`, async () => {
      const topic = nameTopic(compression);
      await makeTopic(topic);
      const settings = makeSettings(getKafka().brokers, { compression });
      const publisher = await createPublisher(settings, { topics: [topic], log: () => undefined, ...limits });
      const noise = randomBytes(100_000);
      await publisher.publish(makeRecord(topic, 'k', noise));
      await publisher.close();
      expect((await readAll(settings, topic))[0]?.value).to.deep.equal(noise);
    });
  }

  it('lets records through that only fit compressed', async () => {
    const topic = nameTopic('small');
    await administer(getKafka().brokers, (admin) =>
      admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'max.message.bytes', value: '2000' }] }],
      }),
    );
    const settings = makeSettings(getKafka().brokers, { compression: 'gzip' });
    const publisher = await createPublisher(settings, { topics: [topic], log: () => undefined, ...limits });
    await publisher.publish(makeRecord(topic, 'k', 'x'.repeat(10_000)));
    expect(await caught(publisher.publish(makeRecord(topic, 'k', randomBytes(10_000))))).to.include({
      kind: 'refused',
      reason: 'MESSAGE_TOO_LARGE',
    });
    await publisher.close();
  });

  it('puts the id of a schema into a header, and leaves the value alone', async () => {
    const topic = nameTopic('schema');
    await makeTopic(topic);
    const settings = makeSettings(getKafka().brokers, { compression: 'gzip', schemaIds: { [topic]: guid } });
    const publisher = await createPublisher(settings, { topics: [topic], log: () => undefined, ...limits });
    await publisher.publish(makeRecord(topic, 'k', '{"id":1}'));
    await publisher.close();
    const [record] = await readAll(settings, topic);
    expect(String(record?.value)).to.equal('{"id":1}');
    expect(record?.headers).to.include({ __value_schema_id: guid, ce_id: 'evt_k' });
    expect(await readHeader(topic)).to.equal('018979176223364186'.concat('9674299b90a802e2'));
  });
});

/** As it lies in Kafka, in hexadecimal digits. */
async function readHeader(topic: string): Promise<string> {
  const kafka = new Kafka({ brokers: [...getKafka().brokers], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: nameTopic('header'), maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  try {
    return await new Promise((resolve, reject) => {
      consumer
        .run({
          async eachMessage({ message }) {
            const header = message.headers?.__value_schema_id;
            resolve(Buffer.isBuffer(header) ? header.toString('hex') : 'none');
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}

describeKafka('compression', () => {
  for (const [before, after] of [
    ['gzip', undefined],
    [undefined, 'gzip'],
    ['gzip', 'gzip'],
  ] as const) {
    it(`goes on with a batch under its number, sent with ${before ?? 'none'} and then with ${after ?? 'none'}`, async () => {
      const topic = nameTopic('resume');
      await makeTopic(topic);
      const open = async (compression: 'gzip' | undefined) => {
        const settings = makeSettings(getKafka().brokers, compression && { compression });
        const client = new WireClient(settings, { topics: [topic], ...limits, log: () => undefined });
        await client.connect(5_000);
        await client.partitions(topic);
        return client;
      };
      const records = Array.from({ length: 20 }, (_, index) => makeRecord(topic, 'k', `${index}`.repeat(500)));
      const bytes = records.reduce((sum, record) => sum + estimateBytes(record), 0);
      const first = await open(before);
      const batch = { topic, partition: 0, records, bytes };
      const sent = first.send([batch]);
      // What is known of it while it is under way, as at a stop.
      let trace = first.trace(batch);
      while (trace === 'unsent') {
        await new Promise((resolve) => setImmediate(resolve));
        trace = first.trace(batch);
      }
      expect(await sent).to.deep.equal([0n]);
      await first.close();
      if (typeof trace === 'string') throw new Error(trace);
      const second = await open(after);
      expect(await second.resume({ topic, partition: 0, records, numbering: trace })).to.equal(0n);
      await second.close();
      expect(await readAll(makeSettings(getKafka().brokers), topic)).to.have.length(records.length);
    });
  }

  it('has the same checksum whatever compresses a batch', async () => {
    const records = [makeRecord('t', 'k', 'x'.repeat(5000))];
    const sequence = { producerId: 7n, epoch: 0, number: 3 };
    const [plain, packed] = await Promise.all(
      [{}, { compression: 'gzip' } as const].map((settings) =>
        createEncode(settings)({ topic: 't', records }, 6000, sequence, 1_700_000_000_000),
      ),
    );
    expect(packed?.checksum).to.equal(plain?.checksum);
    expect(packed?.bytes.length).to.be.below(500);
    expect(packed?.bytes.readUInt32BE(17)).not.to.equal(packed?.checksum);
  });

  for (const type of hasZstd ? ['lz4'] : ['lz4', 'zstd']) {
    it(`says so where it cannot read what a topic has: ${type}`, async () => {
      const topic = nameTopic(type);
      await makeTopic(topic, type);
      const settings = makeSettings(getKafka().brokers);
      const publisher = await createPublisher(settings, { topics: [topic], log: () => undefined, ...limits });
      await publisher.publish(makeRecord(topic, 'k', 'x'.repeat(1000)));
      await publisher.close();
      const error = await caught(readAll(settings, topic));
      expect(error).to.include({ reason: 'UNSUPPORTED_COMPRESSION_TYPE' });
    });
  }
});
