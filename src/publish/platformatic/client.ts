import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaSettings } from '../../config/settings.js';
import { PublishError } from '../../model.js';
import type { Batch, KafkaClient, Outcome } from '../client.js';
import type { PublisherOptions } from '../create.js';
import { describeFault, losesSequence } from '../faults.js';
import type { Log } from '../log.js';
import { ensureTopics, warnOfSmallTopics } from '../topics.js';
import { connection, Troubles } from '../troubles.js';
import { Cluster } from './cluster.js';
import { Dispatcher } from './dispatcher.js';
import { isAnswer, translateError } from './errors.js';
import { Producer } from './producer.js';
import { administerTopics } from './topics.js';

/** Milliseconds. */
const firstPause = 100;
const longestPause = 1_000;
const refreshInterval = 60_000;
/** So many requests in a row that no broker answered: Kafka is looked for. */
const failureLimit = 3;
/** Nothing is answered for so long, and something waits: Kafka hangs. */
const answerLimit = 2_000;

type Options = Pick<PublisherOptions, 'topics' | 'largest' | 'log'>;

/**
 * @platformatic/kafka as the batcher wants it: of the library, the connections and the protocol. What its own producer
 * does on top (repeating, numbering, guessing at the cluster) is done here, where it is known what may be repeated.
 */
export function createPlatformaticClient(settings: KafkaSettings, options: Options): KafkaClient {
  return new PlatformaticClient(settings, options);
}

class PlatformaticClient implements KafkaClient {
  readonly #settings: KafkaSettings;
  readonly #topics: readonly string[];
  readonly #largest: number;
  readonly #log: Log;
  readonly #closing = new AbortController();
  readonly #cluster: Cluster;
  readonly #producer: Producer;
  readonly #dispatcher: Dispatcher;
  #ready = false;
  #failures = 0;
  #connecting: Promise<void> | undefined;
  readonly #troubles = new Troubles();
  /** When a broker has last answered a batch. */
  #answeredAt = 0;
  #refresh: NodeJS.Timeout | undefined;

  constructor(settings: KafkaSettings, { topics, largest, log }: Options) {
    this.#settings = settings;
    this.#topics = topics;
    this.#largest = largest;
    this.#log = log;
    this.#cluster = new Cluster(settings);
    this.#producer = new Producer(this.#cluster, settings.idempotent);
    this.#dispatcher = new Dispatcher(this.#cluster, this.#producer);
  }

  async connect(wait: number): Promise<void> {
    this.#refresh = setInterval(() => void this.#refreshTopics(), refreshInterval).unref();
    await Promise.race([this.#connect(), delay(wait, undefined, { ref: false })]);
  }

  ready(): boolean {
    const silence = Math.min(this.#cluster.silence, performance.now() - this.#answeredAt);
    return this.#ready && silence < answerLimit;
  }

  partitions(topic: string): number | Promise<number> {
    return this.#cluster.partitions(topic) ?? this.#askPartitions(topic);
  }

  leader(topic: string, partition: number): number | undefined {
    return this.#cluster.leader(topic, partition);
  }

  async send(batches: readonly Batch[]): Promise<readonly Outcome[]> {
    const outcomes = await this.#dispatcher.send(batches);
    let answered = false;
    for (const [index, batch] of batches.entries()) {
      const outcome = outcomes[index];
      if (outcome instanceof PublishError) this.#recover(outcome, batch);
      else this.#troubles.end(batch.topic);
      answered ||= typeof outcome === 'bigint' || isAnswer(outcome);
    }
    this.#count(answered);
    return outcomes;
  }

  /** Says that there is no connection, after so many failures, until a broker is found. */
  #count(answered: boolean): void {
    if (answered) {
      this.#failures = 0;
      this.#answeredAt = performance.now();
    } else if (++this.#failures >= failureLimit && this.#ready) {
      this.#ready = false;
      void this.#connect();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#refresh);
    this.#ready = false;
    this.#cluster.close();
  }

  #recover(fault: PublishError, { topic, partition, records }: Batch): void {
    if (fault.kind === 'refused') return;
    const about = { topic, partition, records: records.length, reason: fault.reason, detail: fault.message };
    this.#log(this.#troubles.levelOf(topic, fault), 'a batch was not acknowledged and is sent again', about);
    if (losesSequence(fault)) {
      this.#log('warn', 'Kafka does not know the producer any more: the batch could be written twice', about);
    }
    this.#cluster.forgetLeader(topic, partition);
  }

  /** Resolves when there is a connection, or when the client closes. One at a time. */
  #connect(): Promise<void> {
    this.#connecting ??= this.#keepTrying().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #keepTrying(): Promise<void> {
    const { signal } = this.#closing;
    for (let pause = firstPause; !signal.aborted; pause = Math.min(pause * 2, longestPause)) {
      try {
        await this.#cluster.learn([]);
        await this.#learnTopics();
        await this.#producer.identify();
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

  async #learnTopics(): Promise<void> {
    const unknown = this.#topics.filter((topic) => this.#cluster.partitions(topic) === undefined);
    if (unknown.length === 0) return;
    const admin = administerTopics(this.#cluster);
    const there = await ensureTopics(admin, unknown, this.#settings.topics, this.#log);
    await warnOfSmallTopics(admin, [...there.keys()], this.#largest, this.#log);
  }

  #tell(fault: PublishError): void {
    if (this.#closing.signal.aborted) return;
    const { brokers } = this.#settings;
    const about = { brokers, reason: fault.reason, detail: fault.message };
    this.#log(this.#troubles.levelOf(connection, fault), 'no connection to Kafka', about);
  }

  async #askPartitions(topic: string): Promise<number> {
    try {
      if (!this.#ready) await this.#connect();
      const known = this.#cluster.partitions(topic);
      if (known !== undefined) return known;
      const admin = administerTopics(this.#cluster);
      const count = (await ensureTopics(admin, [topic], this.#settings.topics, this.#log)).get(topic);
      if (count === undefined) throw describeFault('UNKNOWN_TOPIC_OR_PARTITION', 'not in the metadata', topic);
      return count;
    } catch (error) {
      const fault = translateError(error, topic);
      this.#tell(fault);
      throw fault;
    }
  }

  /** Topics get more partitions. */
  async #refreshTopics(): Promise<void> {
    if (!this.#ready) return;
    try {
      await this.#cluster.learn(this.#cluster.topics);
    } catch (error) {
      this.#log('debug', 'partition counts were not refreshed', { reason: translateError(error).reason });
    }
  }
}
