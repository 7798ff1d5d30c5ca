import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, Kafka, type Message, type Producer } from 'kafkajs';
import type { KafkaSettings } from '../../config/settings.js';
import { PublishError } from '../../model.js';
import type { Batch } from '../client.js';
import type { Log } from '../log.js';
import { stopIdleTimers } from './idle-timers.js';
import { configureKafka, requestTimeout, retry } from './options.js';
import { type Sockets, trackSockets } from './sockets.js';

/** Milliseconds. */
const connectDeadline = 5_000;
/** kafkajs ends a batch by itself, retries included, in some 25 s; if it has forgotten one, its connections are cut. */
const batchDeadline = 40_000;
/** What a polite goodbye may take. */
const goodbye = 500;

/**
 * One kafkajs producer. An idempotent producer numbers its batches, and kafkajs takes a number back when a batch fails: the
 * same batch sent again has the same number, and Kafka, if it has written it after all, knows it and only acknowledges.
 * So the same producer is kept through every reconnection; another one would make a duplicate. And so `send` ends only
 * when kafkajs has ended with the batch.
 */
export class KafkajsProducer {
  readonly #kafka: Kafka;
  readonly #producer: Producer;
  readonly #sockets: Sockets = trackSockets();

  constructor(settings: KafkaSettings, log: Log) {
    stopIdleTimers();
    this.#kafka = new Kafka({ ...configureKafka(settings, log), socketFactory: this.#sockets.open });
    this.#producer = this.#kafka.producer({
      allowAutoTopicCreation: false,
      idempotent: settings.idempotent,
      retry,
      createPartitioner: () => (args) => args.message.partition ?? 0,
    });
  }

  /** Connects, anew if need be: kafkajs stays with a first broker that hangs, and then says "Broker not connected" for ever. */
  async connect(): Promise<void> {
    await Promise.race([this.#producer.disconnect().catch(() => undefined), delay(goodbye, undefined, { ref: false })]);
    this.#sockets.cut();
    await this.#within(connectDeadline, this.#producer.connect());
  }

  /** Does something as administrator, over connections of its own that are closed afterwards. */
  async administer<T>(deadline: number, work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.#kafka.admin({ retry });
    try {
      return await this.#within(
        deadline,
        admin.connect().then(() => work(admin)),
      );
    } finally {
      void admin.disconnect().catch(() => undefined);
    }
  }

  /** Resolves with the first offset; rejects with what kafkajs throws. */
  async send({ topic, partition, records }: Batch): Promise<bigint> {
    const messages: Message[] = records.map(({ key, value, headers }) => ({ key, value, headers, partition }));
    const watchdog = setTimeout(() => this.#sockets.cut(), batchDeadline).unref();
    try {
      const [result] = await this.#producer.send({ topic, messages, acks: -1, timeout: requestTimeout });
      if (result?.partition !== partition || result.baseOffset === undefined) {
        throw new PublishError('unavailable', 'UNKNOWN_TOPIC_OR_PARTITION', `Kafka did not take ${topic}/${partition}`);
      }
      return BigInt(result.baseOffset);
    } finally {
      clearTimeout(watchdog);
    }
  }

  /** Whatever is in flight fails. */
  async close(): Promise<void> {
    await Promise.race([this.#producer.disconnect().catch(() => undefined), delay(goodbye, undefined, { ref: false })]);
    this.#sockets.close();
  }

  async #within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const message = `Kafka is not available: no answer in ${milliseconds / 1000} s`;
        reject(new PublishError('unavailable', 'DEADLINE', message));
      }, milliseconds);
    });
    // Whoever gives up first, the other's end is of no interest any more.
    work.catch(() => undefined);
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
