import { createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import type { KafkaSettings } from '../../../src/config/settings.js';
import type { Publisher } from '../../../src/model.js';
import { createPublisher } from '../../../src/publish/create.js';
import { findFreePorts } from '../../support/kafka.js';
import { describeOwnKafka, getOwnKafka } from '../shared-kafka.js';
import { caught, LogLines, makeRecord, makeSettings, nameTopic, readAll, until } from './helpers.js';

/** Milliseconds that a publish may take to fail. */
const hungLimit = 13_000;

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

  it('starts without Kafka, answers at once, and connects when it can', async () => {
    const [port = 0] = await findFreePorts(1);
    const dead = makeSettings([`127.0.0.1:${port}`]);
    publisher = await createPublisher(dead, { topics: ['any'], log: log.write });
    expect(publisher.ready()).to.equal(false);
    const start = performance.now();
    expect(await caught(publisher.publish(makeRecord('any', 'k', 1)))).to.include({
      kind: 'unavailable',
      reason: 'ECONNREFUSED',
    });
    expect(performance.now() - start).to.be.below(500);
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
    });
    await until(() => publisher.ready());
    expect(await publisher.publish(makeRecord(topic, 'k', 1))).to.include({ offset: 0n });
    for (const socket of sockets) socket.destroy();
    mute.close();
  });

  it('rides through a pause, and loses nothing that it acknowledged over a longer one', async () => {
    const topic = nameTopic('pause');
    publisher = await createPublisher(settings, { topics: [topic], log: log.write });
    const sender = new Sender(publisher, topic);
    await sender.acks(200);

    own.pause();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    own.resume();
    await sender.acks(200);
    expect(sender.errors).to.deep.equal([]);

    own.pause();
    await until(() => sender.errors.length > 0);
    own.resume();
    await sender.acks(200);
    await sender.stop();
    expect(sender.slowest).to.be.below(hungLimit);
    measure('hung: time to the error', sender.slowest);
    await sender.compare(settings);
  });

  it('loses nothing that it acknowledged when the broker crashes and comes back', async () => {
    const topic = nameTopic('crash');
    publisher = await createPublisher(settings, { topics: [topic], log: log.write });
    const sender = new Sender(publisher, topic);
    await sender.acks(200);
    await own.kill();
    await until(() => sender.errors.length > 0 && !publisher.ready());
    measure('refused: time to the error', sender.slowest);
    await own.start();
    await until(() => publisher.ready());
    await sender.acks(200);
    await sender.stop();
    await sender.compare(settings);
  });
});

function measure(what: string, milliseconds: number): void {
  if (process.env.MEASURE) process.stdout.write(`${what}: ${(milliseconds / 1000).toFixed(1)} s\n`);
}

/** Eight senders with a key each, that send the next record after an answer, whatever it is. */
class Sender {
  readonly acked = new Map<string, string>();
  readonly errors: string[] = [];
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
    const goal = this.acked.size + count;
    await until(() => this.acked.size >= goal);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#all;
  }

  /** Every acknowledged record lies where the placement says, in order per key. */
  async compare(settings: KafkaSettings): Promise<void> {
    const stored = await readAll(settings, this.topic);
    const values = new Map(stored.map(({ partition, offset, value }) => [`${partition}@${offset}`, String(value)]));
    const missing = [...this.acked].filter(([place, value]) => values.get(place) !== value);
    expect(missing).to.deep.equal([]);
    expect(new Set(this.acked.values()).size).to.equal(this.acked.size);
    const last = new Map<string, number>();
    for (const { partition, offset, key, value } of stored) {
      if (!this.acked.has(`${partition}@${offset}`)) continue;
      const n = Number(String(value).split(':')[1]);
      expect(n).to.be.above(last.get(String(key)) ?? -1);
      last.set(String(key), n);
    }
  }

  async #run(key: string): Promise<void> {
    for (let n = 0; this.#running; n++) {
      const start = performance.now();
      try {
        const { partition, offset } = await this.publisher.publish(makeRecord(this.topic, key, `${key}:${n}`));
        this.acked.set(`${partition}@${offset}`, `${key}:${n}`);
      } catch (error) {
        this.errors.push(error instanceof Error ? error.message : String(error));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      this.slowest = Math.max(this.slowest, performance.now() - start);
    }
  }
}
