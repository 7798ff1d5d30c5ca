import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { readTopics } from '../../../src/publish/read.js';
import { administer, until } from '../publish/helpers.js';
import { describeKafka, getKafka } from '../shared-kafka.js';
import { digestOf, expectContract } from './contract.js';
import { connections, type Exchange, runShipped, secret } from './kafka.js';
import type { Mixed } from './mix.js';

const total = 20_000;

/** What the gateway said, to be found in Kafka. */
interface Promised {
  readonly fate: string;
  readonly digest: string;
  readonly id: string | undefined;
}

describeKafka('the shipped configuration with Kafka', () => {
  const prefix = `gw${randomUUID().slice(0, 8)}`;
  let gateway: Exchange;

  before(async () => {
    gateway = await runShipped(prefix);
    await until(() => gateway.log.find('connected to Kafka').length > 0);
  });
  after(async () => {
    await gateway.close();
    expect(gateway.log.text).not.to.include(secret);
    expect(gateway.log.find('bug')).to.deep.equal([]);
  });

  it('has made its topics', async () => {
    const { topics } = await administer(getKafka().brokers, (admin) =>
      admin.fetchTopicMetadata({ topics: [...gateway.settings.topics] }),
    );
    expect(gateway.settings.topics).to.include(`${prefix}.dlq`).and.have.length(6);
    expect(topics.map(({ partitions }) => partitions.length)).to.deep.equal([6, 6, 6, 6, 6, 6]);
    expect(gateway.log.find('topics created')).to.have.length(1);
  });

  it(`has one record in its place for each of ${total} webhooks that it answered with 200, and no other`, async function () {
    this.timeout(240_000);
    const promised = new Map<string, Promised>();
    const unproven = new Set<string>();
    let n = 0;
    const start = performance.now();
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (n < total) {
          const mixed = gateway.mix(n++);
          note(mixed, await gateway.send(mixed), promised, unproven);
        }
      }),
    );
    const seconds = (performance.now() - start) / 1000;
    expect([promised.size, unproven.size]).to.deep.equal([total * 0.94, total * 0.06]);
    const letters = await compare(gateway, promised, unproven);
    // One address gets half of the budget.
    const share = gateway.settings.deadLetter.unverified.perMinute / 2;
    expect(letters).to.be.within(share, share * (1 + seconds / 60));
    const all = (performance.now() - start) / 1000;
    measure(
      `${total} webhooks in ${seconds.toFixed(1)} s, compared after ${all.toFixed(1)} s: ${promised.size + letters} records`,
    );
  });
});

/** What the answer promises. */
function note(
  { fate, request }: Mixed,
  { status, text }: { status: number; text: string },
  promised: Map<string, Promised>,
  unproven: Set<string>,
): void {
  expect(status, text).to.equal(fate === 'rejected' ? 401 : 200);
  const digest = digestOf(request.body);
  if (fate === 'rejected') {
    unproven.add(digest);
    return;
  }
  const answer = JSON.parse(text);
  expect(answer.status).to.equal(fate);
  const place = `${answer.kafka_topic}/${answer.kafka_partition}@${answer.kafka_offset}`;
  expect(promised.has(place), `${place} promised twice`).to.equal(false);
  promised.set(place, { fate, digest, id: answer.event_id });
}

/** Every promise is kept, and what else there is are dead letters of unproven deliveries: returns how many. */
async function compare(
  { settings: { publisher, topics, deadLetter } }: Exchange,
  promised: ReadonlyMap<string, Promised>,
  unproven: ReadonlySet<string>,
): Promise<number> {
  const missing = new Map(promised);
  let letters = 0;
  for await (const record of readTopics(publisher, topics, { from: 'beginning', until: 'end' })) {
    expectContract(record);
    const place = `${record.topic}/${record.partition}@${record.offset}`;
    const digest = digestOf(record.value);
    const { ce_id: id, ce_verified: verified } = record.headers;
    const expected = missing.get(place);
    missing.delete(place);
    if (expected === undefined) {
      expect([record.topic, verified, unproven.has(digest)]).to.deep.equal([deadLetter.topic, 'false', true]);
      letters++;
    } else if (expected.fate === 'accepted') {
      expect([id, digest]).to.deep.equal([expected.id, expected.digest]);
    } else {
      expect([record.topic, verified, digest]).to.deep.equal([deadLetter.topic, 'true', expected.digest]);
    }
  }
  expect([...missing.keys()]).to.deep.equal([]);
  return letters;
}

function measure(line: string): void {
  if (process.env.MEASURE) process.stdout.write(`${line}\n`);
}
