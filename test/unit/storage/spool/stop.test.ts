import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { KafkaSettings } from '../../../../src/config/settings.js';
import { createPublisher, type GatewayPublisher } from '../../../../src/publish/create.js';
import type { Log } from '../../../../src/util/log.js';
import { FakeBroker, type Mishap } from '../../../support/fake-broker.js';
import { makeRecord } from '../../kafka/records.js';

const topic = 'orders';

describe('a publisher that is stopped while Kafka does not answer', function () {
  // Each stop waits two seconds for an answer.
  this.timeout(20_000);

  let broker: FakeBroker;
  let dir: string;
  let publisher: GatewayPublisher | undefined;
  let said: string[];

  beforeEach(async () => {
    broker = await FakeBroker.start(1);
    dir = mkdtempSync(join(tmpdir(), 'gateway-stop-'));
    said = [];
  });
  afterEach(async () => {
    await publisher?.close();
    await broker.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  async function open(changes: Partial<KafkaSettings> = {}): Promise<GatewayPublisher> {
    const settings: KafkaSettings = {
      kind: 'kafka',
      brokers: [broker.address],
      clientId: 'test',
      idempotent: true,
      topics: { create: 'never', partitions: 1, replicationFactor: 1 },
      spool: { dir, maxBytes: 1_000_000 },
      ...changes,
    };
    const log: Log = (_level, message) => void said.push(message);
    publisher = await createPublisher(settings, { topics: [topic], deadLetterTopic: 'dlq', largest: 1, log });
    return publisher;
  }

  const written = () => broker.log.flatMap(({ values }) => values);
  const note = () => join(dir, '0/topics', topic, noteName() ?? '');
  const noteName = () => readdirSync(join(dir, '0/topics', topic)).find((name) => name.endsWith('.unanswered'));
  const counts = () => publisher?.status?.().spool.lanes.find((lane) => lane.topic === topic)?.resumed;

  /** Sends three records in one batch, to which this happens, and has no answer to it when it is stopped. */
  async function stopWith(mishap: Mishap, changes: Partial<KafkaSettings> = {}): Promise<void> {
    const first = await open(changes);
    await first.publish(makeRecord('k', 'before'));
    broker.mishaps.push(mishap);
    const sent = ['a', 'b', 'c'].map((value) => first.publish(makeRecord('k', value)));
    await until(() => broker.received.some(({ values }) => values.includes('c')));
    broker.mute = true;
    const stopped = first.close();
    for (const safe of await Promise.all(sent)) expect(safe).to.include({ spooled: true });
    await stopped;
    broker.mute = false;
  }

  async function startAgain(changes: Partial<KafkaSettings> = {}): Promise<void> {
    const next = await open(changes);
    await until(() => next.status?.().spool.lanes.every((lane) => lane.open && lane.spooled === 0) === true);
    await next.publish(makeRecord('k', 'after'));
  }

  for (const mishap of ['written, connection closed', 'written, no answer', 'not written, no answer'] as const) {
    it(`has Kafka have it once and in order: ${mishap}`, async () => {
      await stopWith(mishap);
      await startAgain();
      expect(written()).to.deep.equal(['before', 'a', 'b', 'c', 'after']);
      expect(broker.log.map(({ producerId, sequence }) => [producerId, sequence])).to.deep.equal([
        [1n, 0],
        [1n, 1],
        [2n, 0],
      ]);
      expect(counts()).to.deep.equal({ once: 3, unknown: 0 });
      expect(noteName()).to.equal(undefined);
    });
  }

  it('goes on where it is stopped again before Kafka answers', async () => {
    await stopWith('written, no answer');
    broker.mute = true;
    await (await open()).close();
    expect(noteName()).not.to.equal(undefined);
    broker.mute = false;
    await startAgain();
    expect(written()).to.deep.equal(['before', 'a', 'b', 'c', 'after']);
  });

  it('sends it anew, and says so, where the topic of this name is another one: its producer may be another, too', async () => {
    await stopWith('not written, no answer');
    broker.cluster = 'another';
    // In the other cluster somebody has the same producer id, and has used the number.
    broker.log.push({ topic, partition: 0, producerId: 1n, sequence: 1, values: ['x', 'y', 'z'] });
    await startAgain();
    expect(written()).to.deep.equal(['before', 'x', 'y', 'z', 'a', 'b', 'c', 'after']);
    expect(counts()).to.deep.equal({ once: 0, unknown: 3 });
    expect(said).to.include('what a former process had in flight is sent again: Kafka may have it twice');
  });

  for (const code of [45, 59, 10]) {
    it(`sends it anew where Kafka does not take it under its number any more (error ${code})`, async () => {
      await stopWith('not written, no answer');
      broker.mishaps.push({ code });
      await startAgain();
      expect(written()).to.deep.equal(['before', 'a', 'b', 'c', 'after']);
      expect(counts()).to.deep.equal({ once: 0, unknown: 3 });
    });
  }

  it('waits for what passes', async () => {
    await stopWith('written, no answer');
    broker.mishaps.push({ code: 6 }, { code: 19 });
    await startAgain();
    expect(written()).to.deep.equal(['before', 'a', 'b', 'c', 'after']);
  });

  it('says what it cannot know: without numbers, or where topics have no ids', async () => {
    await stopWith('written, no answer', { idempotent: false });
    await startAgain();
    expect(written()).to.deep.equal(['before', 'a', 'b', 'c', 'a', 'b', 'c', 'after']);
    expect(counts()).to.deep.equal({ once: 0, unknown: 3 });
    await publisher?.close();
    broker.newestMetadata = 6;
    broker.log.length = 0;
    await stopWith('not written, no answer');
    await startAgain();
    expect(written()).to.deep.equal(['before', 'a', 'b', 'c', 'after']);
    expect(counts()).to.deep.equal({ once: 0, unknown: 3 });
  });

  it('loses nothing by a note that is damaged', async () => {
    await stopWith('written, no answer');
    const path = note();
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 1, bytes.length - 9);
    writeFileSync(path, bytes);
    await startAgain();
    expect(written()).to.deep.equal(['before', 'a', 'b', 'c', 'a', 'b', 'c', 'after']);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}
