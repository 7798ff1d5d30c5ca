import { expect } from 'chai';
import type { KafkaSettings } from '../../../../src/config/settings.js';
import type { KafkaRecord, Placement, Publisher } from '../../../../src/core/model.js';
import { createBatcher } from '../../../../src/kafka/batcher.js';
import { WireClient } from '../../../../src/kafka/wire/client.js';
import { createLog } from '../../../../src/server/telemetry/log.js';
import { realClock } from '../../../../src/util/clock.js';
import type { Log } from '../../../../src/util/log.js';
import { FakeBroker, type Mishap } from '../../../support/fake-broker.js';

const topic = 'events';

function makeRecord(value: string | number, key = 'k'): KafkaRecord {
  return { topic, key, headers: { ce_id: '1' }, value: Buffer.from(String(value)) };
}

describe('publishing over the connection', () => {
  let broker: FakeBroker;
  let client: WireClient;
  let publisher: Publisher<Placement>;
  const reasons: unknown[] = [];
  const said: string[] = [];
  const details: string[] = [];

  beforeEach(async () => {
    broker = await FakeBroker.start(6);
    reasons.length = 0;
    said.length = 0;
    details.length = 0;
  });
  afterEach(async () => {
    await publisher.close();
    await broker.stop();
  });

  function settingsOf(changes: Partial<KafkaSettings>): KafkaSettings {
    return {
      kind: 'kafka',
      brokers: [broker.address],
      clientId: 'test',
      idempotent: true,
      topics: { create: 'never', partitions: 1, replicationFactor: 1 },
      spool: { dir: '/nowhere', maxBytes: 0 },
      ...changes,
    };
  }

  async function open(changes: Partial<KafkaSettings> = {}, wait = 5_000): Promise<void> {
    const settings = settingsOf(changes);
    const log: Log = (level, message, { reason, detail }) => {
      reasons.push(reason);
      details.push(String(detail));
      if (level !== 'debug') said.push(message);
    };
    client = new WireClient(settings, { topics: [topic], largest: 1, log });
    await client.connect(wait);
    publisher = createBatcher(client, realClock);
  }

  const cured: readonly (readonly [Exclude<Mishap, { throttle: number }>, string])[] = [
    ['written, connection closed', 'CONNECTION_CLOSED'],
    ['written, answer to another request', 'UNEXPECTED'],
    ['written, answer cut short', 'UNEXPECTED'],
    ['written, answer of nonsense', 'UNEXPECTED'],
    ['written, no answer', 'REQUEST_TIMEOUT'],
    [{ code: 6 }, 'NOT_LEADER_OR_FOLLOWER'],
    [{ code: 19 }, 'NOT_ENOUGH_REPLICAS'],
    [{ code: 7 }, 'REQUEST_TIMED_OUT'],
    [{ code: 999 }, 'KAFKA_ERROR_999'],
  ];
  for (const [mishap, reason] of cured) {
    const name = typeof mishap === 'object' ? `error ${mishap.code}` : mishap;
    it(`repeats the very same batch until it is acknowledged: ${name}`, async () => {
      await open();
      await publisher.publish(makeRecord('before'));
      // The limit of an answer is 3 s: once is enough.
      const times = mishap === 'written, no answer' ? 1 : 2;
      for (let time = 0; time < times; time++) broker.mishaps.push(mishap);
      const during = await publisher.publish(makeRecord('during'));
      const after = await publisher.publish(makeRecord('after'));
      expect([during.offset, after.offset]).to.deep.equal([1n, 2n]);
      expect(broker.log.map(({ values }) => values[0])).to.deep.equal(['before', 'during', 'after']);
      expect(broker.received.map(({ sequence }) => sequence)).to.deep.equal([0, ...new Array(times + 1).fill(1), 2]);
      expect(new Set(broker.received.map(({ producerId }) => producerId)).size).to.equal(1);
      expect(reasons).to.include(reason);
    });
  }

  it('does not mind an answer that comes twice', async () => {
    await open();
    broker.mishaps.push('written, answered twice');
    await publisher.publish(makeRecord(0));
    for (let n = 1; n < 4; n++) await publisher.publish(makeRecord(n));
    expect(broker.log.map(({ values }) => values[0])).to.deep.equal(['0', '1', '2', '3']);
  });

  it('sends nothing for as long as a quota wants', async () => {
    await open();
    broker.mishaps.push({ throttle: 300 });
    await publisher.publish(makeRecord(0));
    const start = performance.now();
    await publisher.publish(makeRecord(1));
    expect(performance.now() - start).to.be.above(250);
    expect(reasons).to.not.include('REQUEST_TIMEOUT');
  });

  it('goes on under a new producer id when Kafka has forgotten the old one', async () => {
    await open();
    await publisher.publish(makeRecord('before'));
    broker.mishaps.push({ code: 59 });
    await publisher.publish(makeRecord('after'));
    expect(broker.log.map(({ producerId, sequence }) => [producerId, sequence])).to.deep.equal([
      [1n, 0],
      [2n, 0],
    ]);
    expect(reasons).to.include('UNKNOWN_PRODUCER_ID');
  });

  it('never gives the number of a batch that may have been written to another one', async () => {
    await open();
    broker.mishaps.push('written, connection closed', { code: 10 });
    const refused = await publisher.publish(makeRecord('refused the second time')).catch((error: unknown) => error);
    expect(refused).to.include({ kind: 'refused', reason: 'MESSAGE_TOO_LARGE' });
    await publisher.publish(makeRecord('the next'));
    expect(broker.log.map(({ values }) => values[0])).to.deep.equal(['refused the second time', 'the next']);
  });

  it('repeats without numbers where it may not be idempotent', async () => {
    await open({ idempotent: false });
    broker.mishaps.push('written, connection closed');
    await publisher.publish(makeRecord(0));
    expect(broker.received.map(({ sequence, producerId }) => [sequence, producerId])).to.deep.equal([
      [-1, -1n],
      [-1, -1n],
    ]);
    expect(broker.log.length).to.equal(2);
  });

  describe('with several partitions', () => {
    const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`);
    const publishAll = (round: number) => keys.map((key) => publisher.publish(makeRecord(`${key} ${round}`, key)));

    it('has one request on the way to a broker, with all that waits for it', async () => {
      await open();
      const all = publishAll(0);
      while (broker.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
      all.push(...publishAll(1), ...publishAll(2));
      const placed = await Promise.all(all);
      expect(broker.requests).to.deep.equal([6, 6]);
      expect(new Set(placed.map(({ partition, offset }) => `${partition} ${offset}`)).size).to.equal(120);
    });

    it('repeats what one of them refused to take now, and nothing else', async () => {
      await open();
      broker.mishaps.push({ code: 6, partition: 3 });
      await Promise.all(publishAll(0));
      expect(broker.requests).to.deep.equal([6, 1]);
      expect(broker.received.at(-1)?.partition).to.equal(3);
      expect(broker.log.flatMap(({ values }) => values).length).to.equal(40);
    });

    it('finds the record that is refused for good without touching the other partitions', async () => {
      await open();
      broker.mishaps.push({ code: 10, partition: 3 }, { code: 10, partition: 3 });
      const results = await Promise.allSettled(publishAll(0));
      const refused = results.filter(({ status }) => status === 'rejected').length;
      expect(broker.log.flatMap(({ values }) => values).length).to.equal(40 - refused);
      expect(refused).to.be.below(4);
      expect(broker.received.filter(({ partition }) => partition !== 3)).to.have.length(5);
    });

    it('repeats all of them, unchanged, after a connection was lost', async () => {
      await open();
      broker.mishaps.push('written, connection closed');
      const all = publishAll(0);
      while (broker.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([...all, ...publishAll(1)]);
      expect(broker.log.flatMap(({ values }) => values).length).to.equal(80);
      for (const key of keys) {
        const own = broker.log.flatMap(({ values }) => values).filter((value) => value.startsWith(`${key} `));
        expect(own).to.deep.equal([`${key} 0`, `${key} 1`]);
      }
    });
  });

  it('is not ready while Kafka hangs, and is at once when it goes on', async () => {
    await open();
    expect(publisher.ready()).to.equal(true);
    broker.mute = true;
    const waiting = publisher.publish(makeRecord(0));
    await until(() => !publisher.ready());
    await until(() => {
      expect(publisher.ready()).to.equal(false);
      return reasons.includes('REQUEST_TIMEOUT');
    });
    expect(publisher.ready()).to.equal(false);
    broker.mute = false;
    broker.disconnect();
    await until(() => publisher.ready());
    expect((await waiting).offset).to.equal(0n);
  });

  it('lets go of everything when it is closed while Kafka hangs', async () => {
    await open();
    broker.mute = true;
    const waiting = publisher.publish(makeRecord(0)).catch((error: unknown) => error);
    await publisher.close();
    expect(await waiting).to.include({ kind: 'unavailable', reason: 'CLOSED' });
    await until(() => broker.connections === 0);
  });

  it('is closed at once while it connects to a broker that does not answer', async () => {
    broker.mute = true;
    await open({}, 50);
    expect(publisher.ready()).to.equal(false);
    const start = performance.now();
    await publisher.close();
    await until(() => broker.connections === 0);
    expect(performance.now() - start).to.be.below(500);
  });

  it('says what is wrong with a certificate that cannot be read', async () => {
    await open({ tls: { rejectUnauthorized: true, cert: 'nonsense' } }, 50);
    expect(publisher.ready()).to.equal(false);
    expect(said).to.deep.equal(['no connection to Kafka']);
    expect(details[0]).to.match(/no start line|PEM/i);
  });

  it('looks for the topics of a reload, and whether all of them take the largest body', async () => {
    broker.limit = 1000;
    broker.missing.add('missing');
    await open();
    expect(said).to.deep.equal(['connected to Kafka']);
    await client.adapt({ topics: [topic, 'other', 'missing'], largest: 1 });
    expect(said.slice(1)).to.deep.equal(['topics are missing: create them, or set kafka.topics.create: missing']);
    expect(client.partitions('other')).to.equal(6);
    await client.adapt({ topics: [topic], largest: 1001 });
    expect(said.slice(2)).to.deep.equal([
      'larger bodies become dead letters: raise max.message.bytes of the topic or lower server.limits.body',
    ]);
  });

  it('names a topic that is missing or may not be seen, once for each, and not the connection', async () => {
    broker.missing.add('missing');
    broker.undescribed.set('secret', 29);
    await open();
    const lines: { level: string; msg: string; topic?: string; topics?: string[]; reason?: string; detail?: string }[] =
      [];
    const log = createLog('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
    const settings = settingsOf({});
    const topics = ['missing', 'secret', topic];
    const own = new WireClient(settings, { topics, largest: 1, log: log.write });
    await own.connect(5_000);
    const batcher = createBatcher(own, realClock);
    const waiting = ['missing', 'secret'].map((each) =>
      batcher.publish({ ...makeRecord(0), topic: each }).catch(() => undefined),
    );
    await batcher.publish(makeRecord(1));
    expect(own.ready()).to.equal(true);
    // Asked for again after 50, 100, 200, 400 and 800 ms.
    await new Promise((resolve) => setTimeout(resolve, 1_700));
    await batcher.close();
    await Promise.all(waiting);
    log.flush();
    const absent = "topic missing isn't there: create it, or set kafka.topics.create: missing";
    const forbidden =
      'the user may not use topic secret: allow DESCRIBE and WRITE, and CREATE where kafka.topics.create';
    const shown = lines.filter(({ level }) => level !== 'info');
    const said = shown.map(({ msg, topic: one, topics: several }) => `${msg} ${one ?? several?.join()}`);
    expect(said.slice(0, 4)).to.have.members([
      'topics are missing: create them, or set kafka.topics.create: missing missing',
      'topics cannot be used secret',
      'records wait: their topic cannot be used missing',
      'records wait: their topic cannot be used secret',
    ]);
    expect(shown.slice(2).map(({ detail }) => detail)).to.satisfy((details: string[]) =>
      [absent, forbidden].every((text) => details.some((detail) => detail.includes(text))),
    );
    // Two more are what the end has counted.
    expect(said).to.have.length(6);
  });

  it('connects again after a broker has closed an idle connection', async () => {
    await open();
    await publisher.publish(makeRecord(0));
    broker.disconnect();
    expect((await publisher.publish(makeRecord(1))).offset).to.equal(1n);
    expect(publisher.connected()).to.equal(true);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
