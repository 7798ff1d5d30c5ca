import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaSettings } from '../../config/settings.js';
import { PublishError } from '../../model.js';
import type { Batch, KafkaClient } from '../client.js';
import type { Log } from '../log.js';
import { translateError } from './errors.js';
import { BatchError, Generation } from './generation.js';
import { countPartitions, ensureTopics, type PartitionCounts } from './topics.js';

/** Milliseconds. */
const firstPause = 100;
const longestPause = 2000;
const refreshInterval = 60_000;
const adminDeadline = 10_000;

/** kafkajs as the batcher wants it: `Generation`s that follow each other, of which one is current. */
export function createKafkajsClient(
  settings: KafkaSettings,
  { topics, log }: { readonly topics: readonly string[]; readonly log: Log },
): KafkaClient {
  return new KafkajsClient(settings, topics, log);
}

class KafkajsClient implements KafkaClient {
  readonly #settings: KafkaSettings;
  readonly #topics: readonly string[];
  readonly #log: Log;
  readonly #closing = new AbortController();
  readonly #counts: PartitionCounts = new Map();
  #brokers: readonly string[];
  #current: Generation | undefined;
  /** The first attempt since there was a connection: worth waiting for. Later ones are not. */
  #firstAttempt: Promise<void> | undefined;
  #connecting: Promise<void> = Promise.resolve();
  #lastFault = notConnected();
  #refresh: NodeJS.Timeout | undefined;

  constructor(settings: KafkaSettings, topics: readonly string[], log: Log) {
    this.#settings = settings;
    this.#topics = topics;
    this.#log = log;
    this.#brokers = settings.brokers;
  }

  connect(): Promise<void> {
    this.#refresh = setInterval(() => void this.#refreshCounts(), refreshInterval).unref();
    return this.#reconnect();
  }

  ready(): boolean {
    return this.#current !== undefined;
  }

  partitions(topic: string): number | Promise<number> {
    return this.#counts.get(topic) ?? this.#askPartitions(topic);
  }

  async send(batch: Batch): Promise<bigint> {
    const generation = this.#current ?? (await this.#awaitGeneration());
    try {
      return await generation.send(batch);
    } catch (error) {
      if (!(error instanceof BatchError)) throw translateError(error, batch.topic);
      if (error.fault.reason === 'UNKNOWN_TOPIC_OR_PARTITION') this.#counts.delete(batch.topic);
      if (error.outcome === 'unknown') this.#replace(generation, error.fault);
      throw error.fault;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#refresh);
    const generation = this.#current;
    this.#current = undefined;
    await generation?.retire();
    await this.#connecting;
  }

  async #awaitGeneration(): Promise<Generation> {
    await this.#firstAttempt;
    if (!this.#current) throw this.#lastFault;
    return this.#current;
  }

  #replace(generation: Generation, fault: PublishError): void {
    void generation.retire();
    if (this.#current !== generation) return;
    this.#current = undefined;
    this.#log('warn', 'a batch was not acknowledged, connecting to Kafka anew', {
      reason: fault.reason,
      detail: fault.message,
    });
    this.#rotate();
    void this.#reconnect();
  }

  /** Resolves after the first attempt; the others go on in the background. */
  #reconnect(): Promise<void> {
    const first = this.#attempt();
    this.#firstAttempt = first.then(() => {
      this.#firstAttempt = undefined;
    });
    this.#connecting = first.then(() => this.#keepTrying());
    return this.#firstAttempt;
  }

  async #keepTrying(): Promise<void> {
    let pause = firstPause;
    while (!this.#current && !this.#closing.signal.aborted) {
      await delay(pause, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      if (!this.#closing.signal.aborted) await this.#attempt();
      pause = Math.min(pause * 2, longestPause);
    }
  }

  async #attempt(): Promise<void> {
    const generation = new Generation(this.#settings, this.#brokers, this.#log);
    try {
      await generation.connect();
      const counts = await generation.administer(adminDeadline, (admin) =>
        ensureTopics(admin, this.#topics, this.#settings.topics, this.#log),
      );
      for (const [topic, count] of counts) this.#counts.set(topic, count);
      if (this.#closing.signal.aborted) return await generation.retire();
      this.#current = generation;
      this.#lastFault = notConnected();
      this.#log('info', 'connected to Kafka', { brokers: this.#brokers });
    } catch (error) {
      await generation.retire();
      this.#fault(translateError(error));
      this.#rotate();
    }
  }

  #fault(fault: PublishError): void {
    const level = fault.reason === this.#lastFault.reason ? 'debug' : 'warn';
    this.#lastFault = fault;
    this.#log(level, 'no connection to Kafka', {
      brokers: this.#brokers,
      reason: fault.reason,
      detail: fault.message,
    });
  }

  /** kafkajs starts with the first of the list, and may be stuck with it. */
  #rotate(): void {
    const [first, ...others] = this.#brokers;
    if (first !== undefined) this.#brokers = [...others, first];
  }

  async #askPartitions(topic: string): Promise<number> {
    const generation = this.#current ?? (await this.#awaitGeneration());
    try {
      const counts = await generation.administer(adminDeadline, (admin) => countPartitions(admin, [topic]));
      const count = counts.get(topic);
      if (count === undefined) throw unknownTopic(topic);
      this.#counts.set(topic, count);
      return count;
    } catch (error) {
      throw translateError(error, topic);
    }
  }

  async #refreshCounts(): Promise<void> {
    try {
      const counts = await this.#current?.administer(adminDeadline, (admin) =>
        countPartitions(admin, [...this.#counts.keys()]),
      );
      for (const [topic, count] of counts ?? []) this.#counts.set(topic, count);
    } catch (error) {
      const { reason } = translateError(error);
      this.#log('debug', 'partition counts were not refreshed', { reason });
    }
  }
}

function notConnected(): PublishError {
  return new PublishError('unavailable', 'NOT_CONNECTED', 'Kafka is not available: not connected');
}

function unknownTopic(topic: string): PublishError {
  const cause = Object.assign(new Error('not in the metadata'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' });
  return translateError(cause, topic);
}
