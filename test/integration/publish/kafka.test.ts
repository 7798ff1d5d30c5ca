import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { describeCuts } from '../../../src/cli/search-cuts.js';
import type { KafkaSettings } from '../../../src/config/settings.js';
import type { Publisher } from '../../../src/core/model.js';
import { byTime } from '../../../src/publish/by-time.js';
import { createPublisher } from '../../../src/publish/create.js';
import { findEvent } from '../../../src/publish/find.js';
import { type Recent, readTopics, type Span } from '../../../src/publish/read.js';
import { publishNow } from '../../support/placed.js';
import { describeKafka, getKafka } from '../shared-kafka.js';
import { administer, LogLines, limits, makeRecord, makeSettings, nameTopic, readAll, until } from './helpers.js';

describeKafka('publishing to Kafka', () => {
  let publisher: Publisher | undefined;
  let brokers: readonly string[];
  let settings: KafkaSettings;

  before(() => {
    brokers = getKafka().brokers;
    settings = makeSettings(brokers);
  });

  const log = new LogLines();

  afterEach(() => publisher?.close());

  async function open(topics: string[], changes: Parameters<typeof makeSettings>[1] = {}): Promise<Publisher> {
    publisher = await createPublisher(makeSettings(brokers, { ...changes }), {
      topics,
      log: log.write,
      ...limits,
    });
    const opened = publisher;
    await until(() => opened.connected());
    return opened;
  }

  for (const idempotent of [true, false]) {
    it(`keeps key, headers and value byte for byte (idempotent: ${idempotent})`, async () => {
      const topic = nameTopic('bytes');
      const value = Buffer.from([0, 255, 0xef, 0xbb, 0xbf, 13, 10, 0xc3, 0x28]);
      const placement = await publishNow(await open([topic], { idempotent }), makeRecord(topic, 'clé', value));
      expect(placement.offset).to.equal(0n);
      const [record] = await readAll(settings, topic);
      expect(record).to.deep.include({ ...placement, ...makeRecord(topic, 'clé', value) });
      expect(record?.timestamp).to.be.closeTo(Date.now(), 60_000);
    });
  }

  it('chooses the partition that another client would', async () => {
    const topic = nameTopic('partitions');
    const ours = await open([topic]);
    const keys = Array.from({ length: 40 }, (_, n) => `pi_${n * 7919}`);
    const placed = await Promise.all(keys.map((key) => publishNow(ours, makeRecord(topic, key, key))));
    const producer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).producer({
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    await producer.send({ topic, messages: keys.map((key) => ({ key, value: `theirs ${key}` })) });
    await producer.disconnect();
    const theirs = new Map(
      (await readAll(settings, topic))
        .filter(({ value }) => String(value).startsWith('theirs'))
        .map(({ key, partition }) => [key, partition]),
    );
    expect(keys.map((key) => theirs.get(key))).to.deep.equal(placed.map(({ partition }) => partition));
    expect(new Set(theirs.values()).size).to.equal(6);
  });

  it('refuses the record that is too large for its topic, and only that one', async () => {
    const topic = nameTopic('small');
    await administer(brokers, (admin) =>
      admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'max.message.bytes', value: '2000' }] }],
      }),
    );
    const small = await open([topic]);
    const sizes = [10, 5000, 10, 10, 900, 900, 900, 3000, 10];
    const results = await Promise.allSettled(
      sizes.map((size, n) => small.publish(makeRecord(topic, 'k', Buffer.alloc(size, 48 + n)))),
    );
    expect(results.map(({ status }) => status === 'fulfilled')).to.deep.equal(sizes.map((size) => size < 2000));
    expect(results[1]).to.have.property('reason').that.includes({ kind: 'refused', reason: 'MESSAGE_TOO_LARGE' });
    const stored = (await readAll(settings, topic)).map(({ value }) => value.toString('latin1', 0, 1));
    expect(stored.join('')).to.equal('0234568');
    expect(small.connected()).to.equal(true);
  });

  it('says that a topic is missing where it may not create it, and still serves the others', async () => {
    const [there, missing] = [nameTopic('there'), nameTopic('missing')];
    await (await open([there])).close();
    const topics = { create: 'never', partitions: 1, replicationFactor: 1 } as const;
    const ours = await open([there, missing], { topics });
    expect(log.lines.some(({ level, fields }) => level === 'error' && String(fields.topics) === missing)).to.equal(
      true,
    );
    expect(await ours.publish(makeRecord(missing, 'k', 1))).to.deep.equal({ topic: missing, spooled: true });
    expect(log.lines.some(({ fields }) => String(fields.detail).includes(`topic ${missing} isn't there`))).to.equal(
      true,
    );
    expect(await ours.publish(makeRecord(there, 'k', 1))).to.include({ offset: 0n });
    await administer(brokers, (admin) => admin.createTopics({ waitForLeaders: false, topics: [{ topic: missing }] }));
    await until(() =>
      log.lines.some(({ message, fields }) => message.startsWith('lane open') && fields.topic === missing),
    );
    await ours.publish(makeRecord(missing, 'k', 2));
    expect((await readAll(settings, missing)).map(({ value }) => String(value))).to.deep.equal(['1', '2']);
  });

  it('creates missing topics as the settings say', async () => {
    const topics = [nameTopic('new'), nameTopic('new')];
    await open(topics, { topics: { create: 'missing', partitions: 3, replicationFactor: 1 } });
    const { topics: found } = await administer(brokers, (admin) => admin.fetchTopicMetadata({ topics }));
    expect(found.map(({ partitions }) => partitions.length)).to.deep.equal([3, 3]);
  });

  it('says why a topic could not be created, and still serves', async () => {
    const topic = nameTopic('impossible');
    await open([topic], { topics: { create: 'missing', partitions: 1, replicationFactor: 3 } });
    const line = log.lines.find(({ message }) => message === 'topics cannot be used');
    expect(line).to.deep.include({
      level: 'error',
      fields: {
        topics: [topic],
        reason: 'INVALID_REPLICATION_FACTOR',
        detail: `Kafka is not available: there are fewer brokers than kafka.topics.replicationFactor says for topic ${topic} (INVALID_REPLICATION_FACTOR)`,
      },
    });
  });

  it('is followed from the end, and leaves no consumer group behind', async () => {
    const topic = nameTopic('follow');
    const ours = await open([topic]);
    await ours.publish(makeRecord(topic, 'k', 'before'));
    const abort = new AbortController();
    const clientId = nameTopic('tap');
    const follow = readTopics({ ...settings, clientId }, [topic], {
      from: 'end',
      until: 'abort',
      signal: abort.signal,
    });
    const first = follow.next();
    const ticker = setInterval(() => void ours.publish(makeRecord(topic, 'k', 'after')), 50);
    expect(String((await first).value?.value)).to.equal('after');
    clearInterval(ticker);
    abort.abort();
    for (let end = await follow.next(); !end.done; ) end = await follow.next();
    const { groups } = await administer(brokers, (admin) => admin.listGroups());
    expect(groups.filter(({ groupId }) => groupId.startsWith(clientId))).to.deep.equal([]);
  });

  it('is read from its end backwards: the newest of each partition, or since a time', async () => {
    const topic = nameTopic('recent');
    const ours = await open([topic], { topics: { create: 'missing', partitions: 2, replicationFactor: 1 } });
    for (const n of Array(20).keys()) await ours.publish(makeRecord(topic, `k${n % 4}`, n));
    const all = await readAll(settings, topic);
    const read = async (from: Recent, ...others: string[]) => {
      const values: string[] = [];
      const options = { from, until: 'end', skipMissing: true } as const;
      for await (const { value, partition } of readTopics(settings, [topic, ...others], options)) {
        values.push(`${partition}:${value}`);
      }
      return values.sort();
    };
    const expected = [0, 1].flatMap((which) =>
      all
        .filter(({ partition }) => partition === which)
        .slice(-3)
        .map(({ value }) => `${which}:${value}`),
    );
    expect(await read({ last: 3 }, nameTopic('absent'))).to.deep.equal(expected.sort());
    expect(await read({ since: Date.now() + 60_000 })).to.deep.equal([]);
    const since = Math.max(...all.map(({ timestamp }) => timestamp));
    const newest = all
      .filter(({ timestamp }) => timestamp >= since)
      .map(({ partition, value }) => `${partition}:${value}`);
    expect(await read({ since })).to.deep.equal(newest.sort());
    const found = await findEvent(settings, [topic], 'evt_k3', { last: 100 });
    expect(found).to.deep.include({ searched: 20, record: all.findLast(({ key }) => key === 'k3') });
    expect(found.spans.map(({ cut, gone }) => [cut, gone])).to.deep.equal([
      [false, false],
      [false, false],
    ]);
    // What was left out is said: of a limit, not of a time.
    const cut = await findEvent(settings, [topic], 'evt_k9', { last: 3, since: 0 });
    expect(describeCuts(cut).map((each) => each.replace(topic, 't'))).to.have.members(
      [0, 1].map((which) => {
        const size = all.filter(({ partition }) => partition === which).length;
        return `cut at the newest 3 of ${size} in partition ${which} of t`;
      }),
    );
    const timed = await findEvent(settings, [topic], 'evt_k9', { last: 100, since });
    expect(describeCuts(timed)).to.deep.equal([]);
  });

  it('is merged by time over its partitions', async () => {
    const topic = nameTopic('merged');
    const ours = await open([topic], { topics: { create: 'missing', partitions: 3, replicationFactor: 1 } });
    for (const n of Array(30).keys()) {
      await ours.publish(makeRecord(topic, `k${n % 7}`, n));
      await delay(2);
    }
    const spans: Span[] = [];
    const options = { from: 'beginning', until: 'end', onSpan: (span: Span) => spans.push(span) } as const;
    const values: number[] = [];
    for await (const { value } of byTime(readTopics(settings, [topic], options), spans)) values.push(Number(value));
    expect(values).to.deep.equal([...Array(30).keys()]);
    expect(spans).to.have.length(3);
  });

  it('has 20,000 records of 64 senders exactly once, in order per key', async () => {
    const topics = [nameTopic('many'), nameTopic('many')];
    const ours = await open(topics);
    const filler = 'x'.repeat(2900);
    let next = 0;
    const placed = new Map<string, string>();
    const cpu = process.cpuUsage();
    const start = performance.now();
    async function send(key: string): Promise<void> {
      for (let n = next++; n < 20_000; n = next++) {
        const { topic, partition, offset } = await publishNow(
          ours,
          makeRecord(topics[n % 2] ?? '', key, `${key}:${n}:${filler}`),
        );
        placed.set(`${topic}/${partition}@${offset}`, `${key}:${n}`);
      }
    }
    await Promise.all(Array.from({ length: 64 }, (_, worker) => send(`key-${worker}`)));
    report('20,000 records of 2.9 KB, 64 senders', start, cpu);
    const stored = await readAll(settings, ...topics);
    expect(stored.length).to.equal(20_000);
    const last = new Map<string, number>();
    for (const { topic, partition, offset, value } of stored) {
      const [key = '', n = ''] = String(value).split(':');
      expect(placed.get(`${topic}/${partition}@${offset}`)).to.equal(`${key}:${n}`);
      const lane = `${topic} ${key}`;
      expect(Number(n)).to.be.above(last.get(lane) ?? -1);
      last.set(lane, Number(n));
    }
  });
});

function report(what: string, start: number, before: NodeJS.CpuUsage): void {
  const { user, system } = process.cpuUsage(before);
  if (!process.env.MEASURE) return;
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(`${what}: ${seconds.toFixed(1)} s, ${((user + system) / 20_000).toFixed(0)} µs CPU each\n`);
}
