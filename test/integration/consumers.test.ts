import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { Kafka as CloudEvents } from 'cloudevents';
import { Kafka, logLevel } from 'kafkajs';
import { fencesOf, readPage, root } from '../docs/fences.js';
import {
  buildGoConsumer,
  type Command,
  ConsumerProcess,
  consumerFiles,
  explainMissingGo,
  findPythonConsumer,
  nodeConsumer,
  type Printed,
  prepareJavaConsumer,
} from '../support/consumers.js';
import { findMissingTool } from '../support/kafka/libs.js';
import { createTopic } from '../support/kafka/topics.js';
import { missSuite } from '../support/tool.js';
import { type Exchange, runShipped, secret } from './gateway/kafka.js';
import { post, sign } from './gateway/stripe.js';
import { administer, until } from './publish/helpers.js';
import { describeKafka, getKafka } from './shared-kafka.js';

describe('the consumers of the documentation', () => {
  for (const [language, file] of Object.entries(consumerFiles)) {
    it(`docs/consumers.md shows ${relative(root, file)} as it is`, () => {
      const shown = fencesOf(language).filter(({ page }) => page === 'docs/consumers.md');
      expect(shown.map(({ text }) => text)).to.deep.equal([readFileSync(file, 'utf8')]);
    });
  }

  it('name the error of cloudevents for header values that are bytes', () => {
    const [, message] = /`cloudevents` package.+or it fails with `([^`]+)`/.exec(readPage('docs/consumers.md')) ?? [];
    const headers = { 'content-type': Buffer.from('application/json'), ce_id: Buffer.from('evt_1') };
    const toEvent = () => Reflect.apply(CloudEvents.toEvent, undefined, [{ value: '{}', headers }]);
    expect(toEvent).to.throw(TypeError).with.property('message', message);
  });
});

describeKafka('the consumers of the documentation with Kafka', () => {
  const prefix = `consumers${randomUUID().slice(0, 8)}`;
  const topics = [`${prefix}.stripe.charge`, `${prefix}.stripe.payment_intent`];
  let gateway: Exchange;
  let expected: readonly Printed[];

  before(async () => {
    gateway = await runShipped(prefix, (yaml) => yaml.replace('window: 72h', 'window: 0s'));
    await until(() => gateway.log.find('connected to Kafka').length > 0);
    const types = ['charge.succeeded', 'charge.refunded', 'payment_intent.created', 'payment_intent.succeeded'];
    const examples = types.map((type, n) => readExample(type, `evt_${n}`));
    const [first] = examples;
    if (first === undefined) throw new Error('no example');
    const corrected = first.with({ amount: 4321 });
    // The last is a second copy of the first.
    for (const { body } of [...examples, corrected, first]) await publish(gateway, body);
    expected = [...examples, corrected].map(({ printed }) => printed);
  });
  after(() => gateway.close());

  describe('Node.js', () => expectConsumer(() => nodeConsumer));

  const python = findPythonConsumer();
  if (python) describe('Python', () => expectConsumer(() => python));
  else missSuite('the Python consumer', 'no python3 has confluent_kafka (Debian: python3-confluent-kafka)');

  const tool = findMissingTool();
  if (tool === undefined) describe('Java', () => expectConsumer(prepareJavaConsumer));
  else missSuite('the Java consumer', `${tool} is not in the PATH`);

  const missing = explainMissingGo();
  if (missing === undefined) describe('Go', () => expectConsumer(buildGoConsumer));
  // Not a failure with CI=true: Debian's Go is older than what the Kafka client needs.
  else process.stdout.write(`The suite "the Go consumer" did not run: ${missing}.\n`);

  function expectConsumer(prepare: () => Command | Promise<Command>): void {
    const group = `${prefix}.${randomUUID().slice(0, 8)}`;
    const own = `${group}.own`;
    let command: Command;
    let consumer: ConsumerProcess | undefined;

    before(async function () {
      this.timeout(180_000);
      command = await prepare();
      await administer(getKafka().brokers, (admin) => createTopic(admin, own, 1));
    });
    afterEach(() => consumer?.end('SIGKILL'));

    it('prints each event once, keeps its place, and ends at SIGTERM', async () => {
      const before = readExample('charge.succeeded', 'evt_before');
      await produce(own, [before]);
      const started = new ConsumerProcess(command, getKafka().brokers, group, [...topics, own]);
      consumer = started;
      await until(async () => started.ended || (await countUnread(group, [...topics, own])) === 0);
      await started.end('SIGTERM');
      expect(started.printed, started.errors).to.have.deep.members([...expected, before.printed]);
      expect(started.exitCode, started.errors).to.be.oneOf([0, 143]);
    });

    it('goes on where it was, and keeps no place behind a record that fails', async () => {
      const event = readExample('charge.succeeded', 'evt_next');
      const broken = { ...readExample('charge.succeeded', 'evt_broken'), body: 'not JSON' };
      const last = readExample('charge.succeeded', 'evt_last');
      await produce(own, [event, broken, last]);
      const started = new ConsumerProcess(command, getKafka().brokers, group, [...topics, own]);
      consumer = started;
      await until(() => started.ended);
      expect(started.printed, started.errors).to.deep.equal([event.printed]);
      expect(started.exitCode, started.errors).to.equal(1);
      // The broken one and the last, and perhaps the one before.
      expect(await countUnread(group, [own])).to.be.oneOf([2, 3]);
    });
  }
});

interface Example {
  readonly body: string;
  /** What consumers print of it. */
  readonly printed: Printed;
}

/** A shipped example of Stripe with another id. */
function readExample(type: string, id: string, changes: { readonly amount?: number } = {}) {
  const file = join(root, 'plugins/stripe/examples', `${type}.json`);
  const { payload } = JSON.parse(readFileSync(file, 'utf8'));
  const object = { ...payload.data.object, ...changes };
  const { amount, currency, id: subject } = object;
  const key = object.object === 'charge' ? (object.payment_intent ?? subject) : subject;
  return {
    body: JSON.stringify({ ...payload, id, data: { ...payload.data, object } }),
    printed: { id, type, subject, key, amount, currency },
    with: (more: { readonly amount: number }): Example => readExample(type, id, more),
  };
}

async function publish({ url }: Exchange, body: string): Promise<void> {
  const signature = sign(body, Math.floor(Date.now() / 1000), secret);
  const answer = await post(`${url}/webhooks/stripe`, body, { 'stripe-signature': signature });
  expect(answer.status, answer.body).to.equal(200);
  expect(answer.body).to.include('"status":"accepted"');
}

/** As the gateway writes them, with only the headers that consumers read. */
async function produce(topic: string, examples: readonly Example[]): Promise<void> {
  const producer = new Kafka({ brokers: [...getKafka().brokers], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const messages = examples.map(({ body, printed: { id, type, subject, key } }) => ({
    key,
    value: body,
    headers: {
      ce_specversion: '1.0',
      ce_id: id,
      ce_type: type,
      ce_source: 'stripe',
      ce_subject: subject,
      ce_digest: id,
      'content-type': 'application/json',
    },
  }));
  await producer.send({ topic, messages });
  await producer.disconnect();
}

/** Records of the topics that come after the group's place. */
async function countUnread(groupId: string, topics: readonly string[]): Promise<number> {
  return administer(getKafka().brokers, async (admin) => {
    const kept = await admin.fetchOffsets({ groupId, topics: [...topics] });
    let unread = 0;
    for (const { topic, partitions } of kept) {
      const places = new Map(partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]));
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
        unread += Number(high) - (places.get(partition) ?? 0);
      }
    }
    return unread;
  });
}
