import type { KafkaRecord, PublishError } from '../core/model.js';
import type { Numbered, Numbering } from './unanswered.js';

/** Records of one topic-partition that Kafka takes or leaves together. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly KafkaRecord[];
  /** What they take in a batch at most. */
  readonly bytes: number;
}

/** The offset of a batch's first record once all in-sync replicas have the batch, or why Kafka is not known to have it. */
export type ProduceResult = bigint | PublishError;

/** `unsent`: Kafka can't have it. `unknown`: it may have it, and can't be asked. */
export type Attempt = Numbering | 'unsent' | 'unknown';

/** What the gateway is going to send. */
export interface Expectations {
  /** Every topic that a record can go to. */
  readonly topics: readonly string[];
  /** Bytes of the largest body. */
  readonly largest: number;
}

/** A Kafka client as the batcher wants it. Whatever it rejects with is a `PublishError`. */
export interface KafkaClient {
  /** Keeps trying to connect; resolves when it has, or after `wait` milliseconds. */
  connect(wait: number): Promise<void>;
  /** True while connected, and Kafka answers. */
  ready(): boolean;
  /** How many partitions the topic has; at once where it is known. */
  partitions(topic: string): number | Promise<number>;
  /** The broker that has the partition: batches for the same one can go together. Absent: it is not known, or no matter. */
  leader(topic: string, partition: number): number | undefined;
  /**
   * Resolves with an outcome for each batch. The caller has one batch at a time in flight per partition, and sends one that
   * was not refused again, unchanged, before any other.
   */
  send(batches: readonly Batch[]): Promise<readonly ProduceResult[]>;
  /**
   * Sends a batch of another process once more, under its numbering. An outcome that is `refused`: it can't be had under it.
   * The caller has nothing else in flight for the partition.
   */
  resume(batch: Numbered): Promise<ProduceResult>;
  /** Of a batch that has no outcome but `unavailable`: whether it may have been sent, and by what Kafka knows it. */
  trace(batch: Batch): Attempt;
  close(): Promise<void>;
}
