import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaSettings } from '../../config/settings.js';
import { PublishError } from '../../model.js';
import type { Batch, Expectations, KafkaClient, Outcome } from '../client.js';
import type { PublisherOptions } from '../create.js';
import { describeFault, losesSequence } from '../faults.js';
import type { Log } from '../log.js';
import { ensureTopics, type PartitionCounts, warnOfSmallTopics } from '../topics.js';
import { connection, Troubles } from '../troubles.js';
import { isAnswer, translateError } from './errors.js';
import { KafkajsProducer } from './producer.js';
import { administerTopics } from './topics.js';

/** Milliseconds. */
const firstPause = 100;
const longestPause = 1_000;
const refreshInterval = 60_000;
const adminDeadline = 10_000;
/** kafkajs finds its way around a lost broker by itself; after so many failures in a row it is helped. */
const failureLimit = 3;
/** No batch is answered for so long, and one waits: Kafka hangs. */
const answerLimit = 2_000;

/** kafkajs as the batcher wants it. */
export function createKafkajsClient(
  settings: KafkaSettings,
  options: Pick<PublisherOptions, 'topics' | 'largest' | 'log'>,
): KafkaClient {
  return new KafkajsClient(settings, options);
}

class KafkajsClient implements KafkaClient {
  readonly #settings: KafkaSettings;
  #topics: readonly string[];
  #largest: number;
  readonly #log: Log;
  readonly #closing = new AbortController();
  readonly #closed = new Promise<void>((resolve) => this.#closing.signal.addEventListener('abort', () => resolve()));
  readonly #counts: PartitionCounts = new Map();
  #producer: KafkajsProducer;
  #ready = false;
  /** Batches that are sent, the oldest first. */
  readonly #waiting = new Set<{ readonly since: number }>();
  #failures = 0;
  #connecting: Promise<void> | undefined;
  /** When a broker has last answered a batch. */
  #answeredAt = 0;
  readonly #troubles = new Troubles();
  #refresh: NodeJS.Timeout | undefined;

  constructor(settings: KafkaSettings, { topics, largest, log }: Pick<PublisherOptions, 'topics' | 'largest' | 'log'>) {
    this.#settings = settings;
    this.#topics = topics;
    this.#largest = largest;
    this.#log = log;
    this.#producer = new KafkajsProducer(settings, log);
  }

  async connect(wait: number): Promise<void> {
    this.#refresh = setInterval(() => void this.#refreshCounts(), refreshInterval).unref();
    await Promise.race([this.#connect(), delay(wait, undefined, { ref: false })]);
  }

  ready(): boolean {
    const [oldest] = this.#waiting;
    const since = Math.max(oldest?.since ?? Number.POSITIVE_INFINITY, this.#answeredAt);
    return this.#ready && performance.now() - since < answerLimit;
  }

  async adapt({ topics, largest }: Expectations): Promise<void> {
    const known = largest === this.#largest ? this.#counts : new Map<string, number>();
    this.#topics = topics;
    this.#largest = largest;
    try {
      if (this.#ready) await this.#learnTopics(known);
    } catch (error) {
      this.#tell(translateError(error));
    }
  }

  partitions(topic: string): number | Promise<number> {
    return this.#counts.get(topic) ?? this.#askPartitions(topic);
  }

  /**
   * Every batch goes alone. Where a call holds several partitions, kafkajs can tell neither which of them has failed nor
   * which is written, and gives a written one another number the next time.
   */
  leader(): undefined {
    return undefined;
  }

  send(batches: readonly Batch[]): Promise<readonly Outcome[]> {
    return Promise.all(batches.map((batch) => this.#send(batch).catch((error: unknown) => translateError(error))));
  }

  async #send(batch: Batch): Promise<bigint> {
    if (!this.#ready) await this.#awaitConnection();
    const producer = this.#producer;
    const request = { since: performance.now() };
    this.#waiting.add(request);
    try {
      const base = await producer.send(batch);
      this.#failures = 0;
      this.#answeredAt = performance.now();
      this.#troubles.end(batch.topic);
      return base;
    } catch (error) {
      const fault = translateError(error, batch.topic);
      if (isAnswer(fault)) this.#answeredAt = performance.now();
      this.#recover(producer, fault, batch);
      throw fault;
    } finally {
      this.#waiting.delete(request);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#refresh);
    this.#ready = false;
    await this.#producer.close();
  }

  /** What has to happen before the batch is worth another try. */
  #recover(producer: KafkajsProducer, fault: PublishError, { topic, partition, records }: Batch): void {
    if (fault.kind === 'refused') return;
    const about = { topic, partition, records: records.length, reason: fault.reason, detail: fault.message };
    this.#log(this.#troubles.levelOf(topic, fault), 'a batch was not acknowledged and is sent again', about);
    if (fault.reason === 'UNKNOWN_TOPIC_OR_PARTITION') this.#counts.delete(topic);
    if (producer !== this.#producer) return;
    if (losesSequence(fault)) {
      this.#log('warn', 'Kafka does not know the producer any more: the batch could be written twice', about);
      this.#producer = new KafkajsProducer(this.#settings, this.#log);
      void producer.close();
    } else if (isAnswer(fault) || (++this.#failures < failureLimit && fault.reason !== 'NOT_CONNECTED')) {
      return;
    }
    this.#failures = 0;
    this.#ready = false;
    void this.#connect();
  }

  /** Resolves when there is a connection, or when the client closes. One at a time. */
  #connect(): Promise<void> {
    this.#connecting ??= this.#keepTrying().finally(() => {
      this.#connecting = undefined;
      // An attempt that was under way when the client closed may have come through.
      if (this.#closing.signal.aborted) void this.#producer.close();
    });
    return this.#connecting;
  }

  /** Rejects when the client closes: an attempt under way may take seconds to fail. */
  async #awaitConnection(): Promise<void> {
    const { signal } = this.#closing;
    if (!signal.aborted) await Promise.race([this.#connect(), this.#closed]);
    if (signal.aborted) throw new PublishError('unavailable', 'CLOSED', 'the gateway is stopping');
  }

  async #keepTrying(): Promise<void> {
    const { signal } = this.#closing;
    for (let pause = firstPause; !signal.aborted; pause = Math.min(pause * 2, longestPause)) {
      try {
        await this.#producer.connect();
        await this.#learnTopics();
        this.#ready = !signal.aborted;
        this.#troubles.end(connection);
        this.#log('info', 'connected to Kafka', { brokers: this.#settings.brokers });
        return;
      } catch (error) {
        this.#tell(translateError(error));
      }
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async #learnTopics(known: ReadonlyMap<string, number> = this.#counts): Promise<void> {
    const unknown = this.#topics.filter((topic) => !known.has(topic));
    if (unknown.length === 0) return;
    const counts = await this.#producer.administer(adminDeadline, async (admin) => {
      const topics = administerTopics(admin);
      const there = await ensureTopics(topics, unknown, this.#settings.topics, this.#log);
      await warnOfSmallTopics(topics, [...there.keys()], this.#largest, this.#log);
      return there;
    });
    for (const [topic, count] of counts) this.#counts.set(topic, count);
  }

  #tell(fault: PublishError): void {
    const { brokers } = this.#settings;
    this.#log(this.#troubles.levelOf(connection, fault), 'no connection to Kafka', {
      brokers,
      reason: fault.reason,
      detail: fault.message,
    });
  }

  async #askPartitions(topic: string): Promise<number> {
    if (!this.#ready) await this.#awaitConnection();
    const known = this.#counts.get(topic);
    if (known !== undefined) return known;
    try {
      const counts = await this.#producer.administer(adminDeadline, (admin) =>
        ensureTopics(administerTopics(admin), [topic], this.#settings.topics, this.#log),
      );
      const count = counts.get(topic);
      if (count === undefined) throw describeFault('UNKNOWN_TOPIC_OR_PARTITION', 'not in the metadata', topic);
      this.#counts.set(topic, count);
      return count;
    } catch (error) {
      const fault = translateError(error, topic);
      this.#tell(fault);
      throw fault;
    }
  }

  async #refreshCounts(): Promise<void> {
    if (!this.#ready) return;
    try {
      const counts = await this.#producer.administer(adminDeadline, (admin) =>
        administerTopics(admin).count([...this.#counts.keys()]),
      );
      for (const [topic, count] of counts) this.#counts.set(topic, count);
    } catch (error) {
      const { reason } = translateError(error);
      this.#log('debug', 'partition counts were not refreshed', { reason });
    }
  }
}
