import { expect } from 'chai';
import type { KafkaSettings } from '../../../src/config/settings.js';
import type { Publisher } from '../../../src/core/model.js';
import { createPublisher } from '../../../src/publish/create.js';
import { describeOwnKafka, getOwnKafka } from '../shared-kafka.js';
import { LogLines, limits, makeRecord, makeSettings, nameTopic, readAll, until } from './helpers.js';

/** Gateways that are stopped in one outage: each has a spool and a topic of its own. */
const together = Number(process.env.STOPS ?? 20) / 2;
const keys = 12;

describeOwnKafka('a gateway that is stopped in an outage', () => {
  const open: Gateway[] = [];
  afterEach(() => Promise.all(open.splice(0).map((gateway) => gateway.close())));

  for (const [what, begin, end] of [
    ['hangs', () => getOwnKafka().own.pause(), () => getOwnKafka().own.resume()],
    ['is killed', () => getOwnKafka().own.kill(), () => getOwnKafka().own.start()],
  ] as const) {
    it(`has everything in Kafka once, and in order, after the next start: Kafka ${what}`, async () => {
      const { brokers } = getOwnKafka();
      const settings = Array.from({ length: together }, () => makeSettings(brokers));
      const gateways = await Promise.all(settings.map((each) => Gateway.start(each, nameTopic('stop'))));
      open.push(...gateways);
      await until(() => gateways.every(({ acknowledged }) => acknowledged.length >= keys));
      await begin();
      await until(() => gateways.every(({ spooled }) => spooled >= keys));
      await Promise.all(gateways.map((gateway) => gateway.close()));
      open.length = 0;
      await end();
      const next = await Promise.all(gateways.map((gateway) => gateway.startAgain()));
      open.push(...next);
      await until(() => next.every((gateway) => gateway.drained()));
      for (const gateway of next) await gateway.compare();
    }).timeout(240_000);
  }
});

/** A publisher with a sender for each key, who sends the next record after the answer. */
class Gateway {
  readonly acknowledged: string[] = [];
  spooled = 0;
  readonly #settings: KafkaSettings;
  readonly #topic: string;
  readonly #publisher: Publisher;
  readonly #log: LogLines;
  #sending: Promise<unknown> = Promise.resolve();
  #stopping = false;

  private constructor(settings: KafkaSettings, topic: string, publisher: Publisher, log: LogLines) {
    this.#settings = settings;
    this.#topic = topic;
    this.#publisher = publisher;
    this.#log = log;
  }

  static async start(settings: KafkaSettings, topic: string): Promise<Gateway> {
    const gateway = await Gateway.#open(settings, topic);
    gateway.#sending = Promise.all(Array.from({ length: keys }, (_, key) => gateway.#send(`key-${key}`)));
    return gateway;
  }

  static async #open(settings: KafkaSettings, topic: string): Promise<Gateway> {
    const log = new LogLines();
    const publisher = await createPublisher(settings, { topics: [topic], log: log.write, ...limits });
    return new Gateway(settings, topic, publisher, log);
  }

  /** In the same spool; it sends what is left. */
  async startAgain(): Promise<Gateway> {
    const gateway = await Gateway.#open(this.#settings, this.#topic);
    gateway.acknowledged.push(...this.acknowledged);
    return gateway;
  }

  /** As at SIGTERM: requests end first. */
  async close(): Promise<void> {
    this.#stopping = true;
    await this.#sending;
    await this.#publisher.close();
  }

  drained(): boolean {
    return this.#log.lines.some(({ message }) => message.startsWith('lane open'));
  }

  async compare(): Promise<void> {
    expect(this.#log.lines.filter(({ message }) => message.includes('Kafka may have it twice'))).to.deep.equal([]);
    let stored = await readAll(this.#settings, this.#topic);
    // What the lane handed over last is on its way.
    while (stored.length < this.acknowledged.length) stored = await readAll(this.#settings, this.#topic);
    const values = stored.map(({ value }) => String(value));
    expect(values.toSorted()).to.deep.equal(this.acknowledged.toSorted());
    for (let key = 0; key < keys; key++) {
      const own = values.filter((value) => value.startsWith(`key-${key}:`)).map((value) => Number(value.split(':')[1]));
      expect(own).to.deep.equal(own.toSorted((a, b) => a - b));
    }
  }

  async #send(key: string): Promise<void> {
    for (let n = 0; !this.#stopping; n++) {
      const value = `${key}:${n}`;
      const safe = await this.#publisher.publish(makeRecord(this.#topic, key, value));
      this.acknowledged.push(value);
      if ('spooled' in safe) this.spooled++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
