import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaSettings } from '../../config/settings.js';
import { PublishError } from '../../core/model.js';
import type { DirectOptions } from '../../publish/create.js';
import type { Log } from '../../util/log.js';
import type { Attempt, Batch, Expectations, KafkaClient, ProduceResult } from '../client.js';
import { describeCode, isAnswer, losesSequence, toFault } from '../faults.js';
import type { Numbered } from '../unanswered.js';
import { Cluster } from './cluster.js';
import { Dispatcher } from './dispatcher.js';
import { createEncode, type Encode } from './encode.js';
import { Producer } from './producer.js';
import { resumeBatch } from './resume.js';
import { ensureTopics, tellTopicFaults, unknownTopic, warnOfSmallTopics } from './topics.js';

/** Milliseconds. */
const firstPause = 100;
const longestPause = 1_000;
const refreshInterval = 60_000;
/** So many requests in a row that no broker answered: Kafka is looked for. */
const failureLimit = 3;
/** Nothing is answered for so long, and something waits: Kafka hangs. */
const silenceLimit = 2_000;

/**
 * A Kafka client as the batcher wants it: it finds the leaders, numbers the batches, and repeats what may be repeated.
 */
export class WireClient implements KafkaClient {
  readonly #settings: KafkaSettings;
  #topics: readonly string[];
  #largest: number;
  readonly #log: Log;
  readonly #closing = new AbortController();
  readonly #cluster: Cluster;
  readonly #encode: Encode;
  readonly #producer: Producer;
  readonly #dispatcher: Dispatcher;
  #ready = false;
  #failures = 0;
  #connecting: Promise<void> | undefined;
  /** When a broker has last answered a batch. */
  #answeredAt = 0;
  #refresh: NodeJS.Timeout | undefined;

  constructor(settings: KafkaSettings, { topics, largest, log }: DirectOptions) {
    this.#settings = settings;
    this.#topics = topics;
    this.#largest = largest;
    this.#log = log;
    this.#cluster = new Cluster(settings);
    this.#encode = createEncode(settings);
    this.#producer = new Producer(this.#cluster, settings.idempotent, this.#encode);
    this.#dispatcher = new Dispatcher(this.#cluster, this.#producer);
  }

  async connect(wait: number): Promise<void> {
    this.#refresh = setInterval(() => void this.#refreshTopics(), refreshInterval).unref();
    await Promise.race([this.#connect(), delay(wait, undefined, { ref: false })]);
  }

  ready(): boolean {
    const silence = Math.min(this.#cluster.silence, performance.now() - this.#answeredAt);
    return this.#ready && silence < silenceLimit;
  }

  /** After a reload: looks whether topics that it didn't know are there, and whether all take the largest body. */
  async adapt({ topics, largest }: Expectations): Promise<void> {
    const known = largest === this.#largest;
    this.#topics = topics;
    this.#largest = largest;
    try {
      if (this.#ready) await this.#learnTopics(known ? this.#unknownTopics : topics);
    } catch (error) {
      this.#tell(toFault(error));
    }
  }

  partitions(topic: string): number | Promise<number> {
    return this.#cluster.partitions(topic) ?? this.#askPartitions(topic);
  }

  leader(topic: string, partition: number): number | undefined {
    return this.#cluster.leader(topic, partition);
  }

  async send(batches: readonly Batch[]): Promise<readonly ProduceResult[]> {
    const start = performance.now();
    const outcomes = await this.#dispatcher.send(batches);
    let answered = false;
    for (const [index, batch] of batches.entries()) {
      const outcome = outcomes[index];
      if (outcome instanceof PublishError) this.#recover(outcome, batch);
      answered ||= typeof outcome === 'bigint' || isAnswer(outcome);
    }
    this.#count(answered, start);
    return outcomes;
  }

  async resume(batch: Numbered): Promise<ProduceResult> {
    const start = performance.now();
    const outcome = await resumeBatch(this.#cluster, this.#encode, batch);
    if (outcome instanceof PublishError) this.#recover(outcome, batch);
    this.#count(typeof outcome === 'bigint' || outcome.kind === 'refused' || isAnswer(outcome), start);
    return outcome;
  }

  trace(batch: Batch): Attempt {
    return this.#producer.trace(batch);
  }

  /** Says that there is no connection until a broker is found: after so many failures, or so long a silence. */
  #count(answered: boolean, start: number): void {
    if (answered) {
      this.#failures = 0;
      this.#answeredAt = performance.now();
      return;
    }
    this.#failures++;
    const silence = performance.now() - Math.max(start, this.#answeredAt);
    if (!this.#ready || (this.#failures < failureLimit && silence < silenceLimit)) return;
    this.#failures = 0;
    this.#ready = false;
    void this.#connect();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#refresh);
    this.#ready = false;
    this.#cluster.close();
  }

  #recover(fault: PublishError, { topic, partition, records }: Pick<Batch, 'topic' | 'partition' | 'records'>): void {
    if (fault.kind === 'refused') return;
    const about = { topic, partition, records: records.length, reason: fault.reason, detail: fault.message };
    this.#log('warn', 'a batch was not acknowledged and is sent again', about);
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
        await this.#learnTopics(this.#unknownTopics);
        await this.#producer.identify();
        this.#ready = !signal.aborted;
        this.#log('info', 'connected to Kafka', { brokers: this.#settings.brokers });
        return;
      } catch (error) {
        this.#tell(toFault(error));
      }
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  get #unknownTopics(): readonly string[] {
    return this.#topics.filter((topic) => this.#cluster.partitions(topic) === undefined);
  }

  /** Topics that are missing are made if they may be; those that are small are told of. */
  async #learnTopics(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return;
    const faults = await ensureTopics(this.#cluster, topics, this.#settings.topics, this.#log);
    tellTopicFaults(faults, this.#settings.topics, this.#log);
    const there = topics.filter((topic) => !faults.has(topic));
    await warnOfSmallTopics(this.#cluster, there, this.#largest, this.#log);
  }

  #tell(fault: PublishError): void {
    if (this.#closing.signal.aborted) return;
    const about = { brokers: this.#settings.brokers, reason: fault.reason, detail: fault.message };
    this.#log('warn', isAnswer(fault) ? 'Kafka answers with an error' : 'no connection to Kafka', about);
  }

  async #askPartitions(topic: string): Promise<number> {
    try {
      if (!this.#ready) await this.#connect();
      const known = this.#cluster.partitions(topic);
      if (known !== undefined) return known;
      const faults = await ensureTopics(this.#cluster, [topic], this.#settings.topics, this.#log);
      const count = this.#cluster.partitions(topic);
      if (count === undefined) throw describeCode(faults.get(topic) ?? unknownTopic, topic);
      return count;
    } catch (error) {
      const fault = toFault(error);
      if (isAnswer(fault)) this.#tellOfTopic(topic, fault);
      else this.#tell(fault);
      throw fault;
    }
  }

  #tellOfTopic(topic: string, { reason, message }: PublishError): void {
    if (this.#closing.signal.aborted) return;
    this.#log('warn', 'records wait: their topic cannot be used', { topic, reason, detail: message });
  }

  /** Topics get more partitions. */
  async #refreshTopics(): Promise<void> {
    if (!this.#ready) return;
    try {
      await this.#cluster.learn(this.#cluster.topics);
    } catch (error) {
      this.#log('debug', 'partition counts were not refreshed', { reason: toFault(error).reason });
    }
  }
}
