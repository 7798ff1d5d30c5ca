import { createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import type { KafkaSettings } from '../../../src/config/settings.js';
import type { Publisher } from '../../../src/core/model.js';
import { createPublisher } from '../../../src/publish/create.js';
import { findFreePorts } from '../../support/kafka.js';
import { describeOwnKafka, getOwnKafka } from '../shared-kafka.js';
import { LogLines, limits, makeRecord, makeSettings, nameTopic, readAll, until } from './helpers.js';

describeOwnKafka('Kafka in trouble', () => {
  let publisher: Publisher;
  let settings: KafkaSettings;
  let own: ReturnType<typeof getOwnKafka>['own'];
  let brokers: readonly string[];

  before(() => {
    ({ own, brokers } = getOwnKafka());
    settings = makeSettings(brokers);
  });

  const log = new LogLines();

  afterEach(() => publisher.close());

  it('starts without Kafka, spools, and sends what it has spooled once Kafka is there', async () => {
    const [port = 0] = await findFreePorts(1);
    const topic = nameTopic('later');
    const dead = makeSettings([`127.0.0.1:${port}`]);
    publisher = await createPublisher(dead, { topics: [topic], log: log.write, ...limits });
    expect(publisher.connected()).to.equal(false);
    const records = Array.from({ length: 500 }, (_, n) => makeRecord(topic, `key-${n % 7}`, n));
    for (const safe of await Promise.all(records.map((record) => publisher.publish(record)))) {
      expect(safe).to.deep.equal({ topic, spooled: true });
    }
    const start = performance.now();
    expect(await publisher.publish(makeRecord(topic, 'k', 500))).to.include({ spooled: true });
    expect(performance.now() - start).to.be.below(500);
    await publisher.close();

    publisher = await createPublisher({ ...dead, brokers }, { topics: [topic], log: log.write, ...limits });
    await until(() =>
      log.lines.some(({ message, fields }) => message.startsWith('lane open') && fields.topic === topic),
    );
    let stored = await readAll(settings, topic);
    while (stored.length < records.length + 1) stored = await readAll(settings, topic);
    expect(stored.map(({ value }) => Number(value)).toSorted((a, b) => a - b)).to.deep.equal([...Array(501).keys()]);
    for (const key of new Set(stored.map((record) => record.key))) {
      const order = stored.filter((record) => record.key === key).map(({ value }) => Number(value));
      expect(order).to.deep.equal(order.toSorted((a, b) => a - b));
    }
  });

  it('gets by a first broker that accepts connections and never answers', async () => {
    const sockets = new Set<Socket>();
    const mute = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const topic = nameTopic('mute');
    publisher = await createPublisher(makeSettings([`127.0.0.1:${port}`, ...brokers]), {
      topics: [topic],
      log: log.write,
      ...limits,
    });
    await until(() => publisher.connected());
    expect(await publisher.publish(makeRecord(topic, 'k', 1))).to.include({ offset: 0n });
    for (const socket of sockets) socket.destroy();
    mute.close();
  });

  it('spools while Kafka hangs, and has all of it there, once and in order, when Kafka goes on', async () => {
    const topic = nameTopic('pause');
    publisher = await createPublisher(settings, { topics: [topic], log: log.write, ...limits });
    const sender = new Sender(publisher, topic);
    await sender.acks(200);

    own.pause();
    await sender.acks(200);
    expect(sender.spooled).to.be.above(0);
    measure('hung: time to the spool', sender.slowest);
    own.resume();
    await sender.drained(log);
    await sender.acks(200);
    await sender.stop();
    // On a busy machine the lane may have closed again meanwhile.
    await sender.drained(log);
    expect(sender.errors).to.deep.equal([]);
    await sender.compare(settings);
  });

  it('loses nothing that it acknowledged when the broker crashes and comes back', async () => {
    const topic = nameTopic('crash');
    publisher = await createPublisher(settings, { topics: [topic], log: log.write, ...limits });
    const sender = new Sender(publisher, topic);
    await sender.acks(200);
    await own.kill();
    await sender.acks(200);
    measure('refused: time to the spool', sender.slowest);
    await own.start();
    const back = performance.now();
    await sender.drained(log);
    measure('back: time until the lane is open', performance.now() - back);
    await sender.acks(200);
    await sender.stop();
    // On a busy machine the lane may have closed again meanwhile.
    await sender.drained(log);
    expect(sender.errors).to.deep.equal([]);
    await sender.compare(settings);
  });
});

function measure(what: string, milliseconds: number): void {
  if (process.env.MEASURE) process.stdout.write(`${what}: ${(milliseconds / 1000).toFixed(1)} s\n`);
}

/** Eight senders with a key each, that send the next record after an answer, whatever it is. */
class Sender {
  readonly acked: string[] = [];
  readonly errors: string[] = [];
  spooled = 0;
  slowest = 0;
  #running = true;
  readonly #all: Promise<unknown>;

  constructor(
    readonly publisher: Publisher,
    readonly topic: string,
  ) {
    this.#all = Promise.all(Array.from({ length: 8 }, (_, worker) => this.#run(`key-${worker}`)));
  }

  /** Resolves after so many further acknowledgements. */
  async acks(count: number): Promise<void> {
    const goal = this.acked.length + count;
    await until(() => this.acked.length >= goal);
  }

  /** Resolves when the lane is open. */
  async drained({ lines }: LogLines): Promise<void> {
    const last = () =>
      lines.findLast(({ message, fields }) => message.startsWith('lane') && fields.topic === this.topic);
    await until(() => last()?.message.startsWith('lane open') === true);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#all;
  }

  /** Every acknowledged record is there, once, in order per key. */
  async compare(settings: KafkaSettings): Promise<void> {
    const stored = (await readAll(settings, this.topic)).map(({ value }) => String(value));
    expect(stored.toSorted()).to.deep.equal(this.acked.toSorted());
    const last = new Map<string, number>();
    for (const value of stored) {
      const [key = '', n] = value.split(':');
      expect(Number(n)).to.be.above(last.get(key) ?? -1);
      last.set(key, Number(n));
    }
  }

  async #run(key: string): Promise<void> {
    for (let n = 0; this.#running; n++) {
      const start = performance.now();
      try {
        const safe = await this.publisher.publish(makeRecord(this.topic, key, `${key}:${n}`));
        if ('spooled' in safe) this.spooled++;
        this.acked.push(`${key}:${n}`);
      } catch (error) {
        this.errors.push(error instanceof Error ? error.message : String(error));
      }
      this.slowest = Math.max(this.slowest, performance.now() - start);
    }
  }
}
