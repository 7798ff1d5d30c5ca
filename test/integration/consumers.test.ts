import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Kafka, logLevel } from 'kafkajs';
import { fencesOf, root } from '../docs/fences.js';
import { findLibs, findMissingTool } from '../support/kafka/libs.js';
import { createTopic } from '../support/kafka/topics.js';
import { findTool, missSuite } from '../support/tool.js';
import { type Exchange, runShipped, secret } from './gateway/kafka.js';
import { post, sign } from './gateway/stripe.js';
import { administer, until } from './publish/helpers.js';
import { describeKafka, getKafka } from './shared-kafka.js';

const folder = join(root, 'docs/consumers');
const files = { js: 'node/consumer.mjs', python: 'python/consumer.py', java: 'java/Consumer.java', go: 'go/main.go' };

const goFolder = join(folder, 'go');
/** No other toolchain is downloaded. */
const goEnv = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly' };

/** Fields that every consumer prints of an event. */
interface Printed {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly key: string;
  readonly amount: number;
  readonly currency: string;
}

type Command = readonly [program: string, ...args: string[]];

/** A consumer's process, in a group of its own name. */
class Consumer {
  readonly #process: ChildProcess;
  #out = '';
  #closed = false;
  err = '';

  constructor([program, ...args]: Command, group: string, topics: readonly string[]) {
    const env = { ...process.env, KAFKA_BOOTSTRAP_SERVERS: getKafka().brokers.join(','), GROUP_ID: group };
    this.#process = spawn(program, [...args, ...topics], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process.stdout?.on('data', (data) => {
      this.#out += data;
    });
    this.#process.stderr?.on('data', (data) => {
      this.err += data;
    });
    this.#process.on('close', () => {
      this.#closed = true;
    });
  }

  /** Complete lines only. */
  get printed(): readonly Printed[] {
    const lines = this.#out.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  get ended(): boolean {
    return this.#closed;
  }

  /** Undefined where a signal ended it. */
  get exitCode(): number | undefined {
    return this.#process.exitCode ?? undefined;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#closed) return;
    const closed = once(this.#process, 'close');
    this.#process.kill(signal);
    await closed;
  }
}

describe('the consumers of the documentation', () => {
  for (const [language, file] of Object.entries(files)) {
    it(`docs/consumers.md shows ${file} as it is`, () => {
      const shown = fencesOf(language).filter(({ page }) => page === 'docs/consumers.md');
      expect(shown.map(({ text }) => text)).to.deep.equal([readFileSync(join(folder, file), 'utf8')]);
    });
  }
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
    // The third is a second copy of the first.
    for (const { body } of [...examples, corrected, first]) await publish(gateway, body);
    expected = [...examples, corrected].map(({ printed }) => printed);
  });
  after(() => gateway.close());

  const node: Command = [process.execPath, join(folder, 'node/consumer.mjs')];
  describe('Node.js', () => expectConsumer(() => node));

  const python = ['python3', '/usr/bin/python3'].find(hasClient);
  if (python === undefined)
    missSuite('the Python consumer', 'no python3 has confluent_kafka (python3-confluent-kafka)');
  else describe('Python', () => expectConsumer(() => [python, join(folder, 'python/consumer.py')]));

  const missing = findMissingTool();
  if (missing !== undefined) missSuite('the Java consumer', `${missing} is not in the PATH`);
  else describe('Java', () => expectConsumer(prepareJava));

  const go = findTool('go');
  const module = go === undefined ? 'go is not in the PATH' : fetchModules(go);
  // Not needed with CI=true: Debian's Go is older than the Kafka client wants.
  if (module !== undefined) process.stdout.write(`The suite "the Go consumer" did not run: ${module}.\n`);
  else describe('Go', () => expectConsumer(() => buildGo(go ?? 'go')));

  function expectConsumer(prepare: () => Command | Promise<Command>): void {
    const group = `${prefix}.${randomUUID().slice(0, 8)}`;
    const own = `${group}.own`;
    let command: Command;
    let consumer: Consumer | undefined;

    before(async function () {
      this.timeout(180_000);
      command = await prepare();
      await administer(getKafka().brokers, (admin) => createTopic(admin, own, 1));
    });
    afterEach(() => consumer?.end('SIGKILL'));

    it('prints each event once, keeps its place, and ends at SIGTERM', async () => {
      const before = readExample('charge.succeeded', 'evt_before');
      await produce(own, [before]);
      const started = new Consumer(command, group, [...topics, own]);
      consumer = started;
      await until(async () => started.ended || (await countUnread(group, [...topics, own])) === 0);
      await started.end('SIGTERM');
      expect(started.printed, started.err).to.have.deep.members([...expected, before.printed]);
      expect(started.exitCode, started.err).to.be.oneOf([0, 143]);
    });

    it('goes on where it was, and keeps no place behind a record that fails', async () => {
      const event = readExample('charge.succeeded', 'evt_next');
      const broken = { ...readExample('charge.succeeded', 'evt_broken'), body: 'not JSON' };
      const last = readExample('charge.succeeded', 'evt_last');
      await produce(own, [event, broken, last]);
      const started = new Consumer(command, group, [...topics, own]);
      consumer = started;
      await until(() => started.ended);
      expect(started.printed, started.err).to.deep.equal([event.printed]);
      expect(started.exitCode, started.err).to.equal(1);
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
    ...{ key, value: body },
    headers: {
      ...{ ce_specversion: '1.0', ce_id: id, ce_type: type, ce_source: 'stripe', ce_subject: subject },
      ...{ ce_digest: id, 'content-type': 'application/json' },
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

function hasClient(program: string): boolean {
  return spawnSync(program, ['-c', 'import confluent_kafka']).status === 0;
}

async function prepareJava(): Promise<Command> {
  const { jars } = await findLibs();
  return ['java', '-XX:TieredStopAtLevel=1', '-cp', `${jars}/*`, join(folder, 'java/Consumer.java')];
}

/** Why the modules of the Go consumer are not there; undefined where they are. */
function fetchModules(go: string): string | undefined {
  const { status, stderr } = spawnSync(go, ['mod', 'download'], {
    cwd: goFolder,
    env: goEnv,
    timeout: 20_000,
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `go mod download says: ${stderr.trim().split('\n')[0] || 'nothing in 20 s'}`;
}

function buildGo(go: string): Command {
  const program = join(root, '.cache/consumers/go-consumer');
  mkdirSync(join(root, '.cache/consumers'), { recursive: true });
  execFileSync(go, ['build', '-o', program, '.'], { cwd: goFolder, env: goEnv, stdio: 'pipe' });
  return [program];
}
