import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Publisher } from '../../../src/core/model.js';
import { createPublisher } from '../../../src/publish/create.js';
import { realFiles } from '../../../src/storage/disk/files.js';
import { askForRetry, listLanes, listParked } from '../../../src/storage/spool/inspect.js';
import { describeKafka, getKafka } from '../shared-kafka.js';
import {
  administer,
  caught,
  LogLines,
  limits,
  makeRecord,
  makeSettings,
  nameTopic,
  readAll,
  until,
} from './helpers.js';

describeKafka('the spool', () => {
  let brokers: readonly string[];
  let dir: string;
  let publisher: Publisher | undefined;
  const log = new LogLines();

  before(() => {
    ({ brokers } = getKafka());
  });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'gateway-spool-'));
  });
  afterEach(async () => {
    await publisher?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function open(topics: string[], where: readonly string[], over: object = {}): Promise<Publisher> {
    const settings = makeSettings(where, { spool: { dir, maxBytes: 100_000 } });
    publisher = await createPublisher(settings, { topics, log: log.write, ...limits, ...over });
    return publisher;
  }

  const nowhere = ['127.0.0.1:1'];

  it('parks what was promised and is refused, and sends it when an operator has mended it', async () => {
    const topic = nameTopic('parked');
    await administer(brokers, (admin) =>
      admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'max.message.bytes', value: '2000' }] }],
      }),
    );
    await (await open([topic], nowhere)).publish(makeRecord(topic, 'k', Buffer.alloc(3000, 'x')));
    const [lane] = await listLanes(realFiles, dir);
    expect(lane).to.deep.include({ slot: 0, topic, records: 1 });
    await publisher?.close();

    await open([topic], brokers);
    const parked = async () => {
      const all = [];
      for await (const each of listParked(realFiles, dir)) all.push(each);
      return all;
    };
    await until(async () => (await parked()).length === 1);
    expect((await parked())[0]).to.include({ parked: 'MESSAGE_TOO_LARGE', slot: 0 });
    await until(async () => (await listLanes(realFiles, dir)).length === 0);

    await administer(brokers, (admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: 2, name: topic, configEntries: [{ name: 'max.message.bytes', value: '100000' }] }],
      }),
    );
    await askForRetry(realFiles, dir);
    await until(async () => (await parked()).length === 0);
    expect((await readAll(makeSettings(brokers), topic)).map(({ value }) => value.length)).to.deep.equal([3000]);
  });

  it('is full at its size, and says so', async () => {
    const topic = nameTopic('full');
    const ours = await open([topic], nowhere);
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) => ours.publish(makeRecord(topic, `k${n}`, Buffer.alloc(3000)))),
    );
    const spooled = results.filter(({ status }) => status === 'fulfilled').length;
    expect(spooled).to.be.within(25, 35);
    expect(await caught(ours.publish(makeRecord(topic, 'k', Buffer.alloc(3000))))).to.include({
      kind: 'unavailable',
      reason: 'SPOOL_FULL',
    });
  });

  it('sends what the workers have left that are no more', async () => {
    const topic = nameTopic('orphan');
    await (await open([topic], nowhere, { slot: 3, slots: 4 })).publish(makeRecord(topic, 'k', 'left'));
    await publisher?.close();
    await open([topic], brokers, { slot: 0, slots: 2 });
    await until(async () => (await listLanes(realFiles, dir)).length === 0);
    expect((await readAll(makeSettings(brokers), topic)).map(({ value }) => String(value))).to.deep.equal(['left']);
  });

  it('belongs to one gateway at a time', async () => {
    await open([], nowhere);
    expect(
      await caught(
        createPublisher(makeSettings(nowhere, { spool: { dir, maxBytes: 1 } }), {
          topics: [],
          lockWait: 500,
          log: log.write,
          ...limits,
        }),
      ),
    )
      .to.have.property('message')
      .that.matches(/in use by process/);
    await publisher?.close();
    publisher = undefined;
    expect(readdirSync(join(dir, '0')).filter((name) => name.startsWith('lock.'))).to.deep.equal([]);
    await open([], nowhere);
  });

  it('warns of topics that refuse what the gateway takes', async () => {
    const topic = nameTopic('small');
    await administer(brokers, (admin) =>
      admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'max.message.bytes', value: '2000' }] }],
      }),
    );
    const ours = await open([topic], brokers);
    await until(() => ours.connected());
    expect(log.lines.find(({ fields }) => fields.topic === topic && 'max.message.bytes' in fields)?.fields).to.include({
      'max.message.bytes': 2000,
      'server.limits.body': limits.largest,
    });
  });

  it('keeps a dead letter that Kafka refuses', async () => {
    const topic = nameTopic('dlq');
    await administer(brokers, (admin) =>
      admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'max.message.bytes', value: '2000' }] }],
      }),
    );
    const ours = await open([topic], brokers, { deadLetterTopic: topic });
    await until(() => ours.connected());
    expect(await ours.publish(makeRecord(topic, 'k', Buffer.alloc(3000)))).to.deep.equal({ topic, spooled: true });
    for await (const { record } of listParked(realFiles, dir)) expect(record.value.length).to.equal(3000);
  });
});
