import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, Kafka, type Message, type Producer } from 'kafkajs';
import type { KafkaSettings } from '../../config/settings.js';
import { PublishError } from '../../model.js';
import type { Batch } from '../client.js';
import type { Log } from '../log.js';
import { provesUnwritten, translateError } from './errors.js';
import { configureKafka, requestTimeout, retry } from './options.js';
import { type Sockets, trackSockets } from './sockets.js';

/** After so many milliseconds a batch counts as not acknowledged, whatever kafkajs still hopes for. */
const batchDeadline = 10_000;
const connectDeadline = 5_000;
/** What a polite goodbye may take. */
const goodbye = 500;

/** Whether the same generation may send another batch after this failure. */
export class BatchError extends Error {
  constructor(
    readonly fault: PublishError,
    readonly outcome: 'unwritten' | 'unknown',
  ) {
    super(fault.message, { cause: fault });
    this.name = 'BatchError';
  }
}

/**
 * One kafkajs producer with its connections, from connect to retirement. An idempotent producer numbers its batches,
 * and kafkajs gives the number of a failed batch to the next one: had the first been written after all, Kafka would
 * take the second for its repetition and drop it. So after a batch whose outcome is unknown nothing more may be sent
 * here. Retiring is also the cure for a kafkajs instance whose first broker hung ("Broker not connected" for ever).
 */
export class Generation {
  readonly #kafka: Kafka;
  readonly #producer: Producer;
  readonly #sockets: Sockets = trackSockets();
  /** Attempts of kafkajs per batch, by its first message: the partitioner sees each. */
  readonly #attempts = new WeakMap<Message, number>();
  /** Batches that the gateway waits for, and those that kafkajs itself has not ended. */
  #waiting = 0;
  #unended = 0;
  #retired = false;

  constructor(settings: KafkaSettings, brokers: readonly string[], log: Log) {
    this.#kafka = new Kafka({ ...configureKafka(settings, brokers, log), socketFactory: this.#sockets.open });
    this.#producer = this.#kafka.producer({
      allowAutoTopicCreation: false,
      idempotent: settings.idempotent,
      retry,
      createPartitioner: () => (args) => this.#choose(args.message),
    });
  }

  connect(): Promise<void> {
    return this.#before(connectDeadline, this.#producer.connect());
  }

  /** Does something as administrator, over connections of its own that are closed afterwards. */
  async administer<T>(deadline: number, work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.#kafka.admin({ retry });
    try {
      return await this.#before(
        deadline,
        admin.connect().then(() => work(admin)),
      );
    } finally {
      void admin.disconnect().catch(() => undefined);
    }
  }

  /** Resolves with the first offset; rejects with a `BatchError`. */
  async send({ topic, partition, records }: Batch): Promise<bigint> {
    const messages: Message[] = records.map(({ key, value, headers }) => ({ key, value, headers, partition }));
    this.#waiting++;
    this.#unended++;
    const sending = this.#producer.send({ topic, messages, acks: -1, timeout: requestTimeout }).finally(() => {
      this.#unended--;
    });
    try {
      const [result] = await this.#before(batchDeadline, sending);
      if (result?.partition !== partition || result.baseOffset === undefined) {
        throw new PublishError('unavailable', 'UNKNOWN_TOPIC_OR_PARTITION', `Kafka did not take ${topic}/${partition}`);
      }
      return BigInt(result.baseOffset);
    } catch (error) {
      const fault = translateError(error, topic);
      const [first] = messages;
      const attempts = (first && this.#attempts.get(first)) ?? 0;
      throw new BatchError(fault, attempts <= 1 && provesUnwritten(fault) ? 'unwritten' : 'unknown');
    } finally {
      this.#waiting--;
      if (this.#retired && this.#waiting === 0) void this.#disconnect();
    }
  }

  /** No more batches come; the connections end with the last one in flight. */
  async retire(): Promise<void> {
    if (this.#retired) return;
    this.#retired = true;
    if (this.#waiting === 0) await this.#disconnect();
  }

  #choose(message: Message): number {
    this.#attempts.set(message, (this.#attempts.get(message) ?? 0) + 1);
    return message.partition ?? 0;
  }

  async #disconnect(): Promise<void> {
    // A batch that kafkajs would still repeat must not arrive after its successors.
    if (this.#unended > 0) this.#sockets.cut();
    const ended = this.#producer.disconnect().catch(() => undefined);
    await Promise.race([ended, delay(goodbye, undefined, { ref: false })]);
    this.#sockets.cut();
  }

  async #before<T>(milliseconds: number, work: Promise<T>): Promise<T> {
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
