import type { KafkaRecord } from '../model.js';

/** Records of one topic-partition that go to Kafka as one request. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly KafkaRecord[];
  /** What they take in a batch at most. */
  readonly bytes: number;
}

/** A Kafka client as the batcher wants it. Whatever it rejects with is a `PublishError`. */
export interface KafkaClient {
  /** Keeps trying to connect; resolves when it has, or after `wait` milliseconds. */
  connect(wait: number): Promise<void>;
  /** True while connected, and Kafka answers. */
  ready(): boolean;
  /** How many partitions the topic has; at once where it is known. */
  partitions(topic: string): number | Promise<number>;
  /**
   * Resolves with the offset of the batch's first record when all in-sync replicas have the batch. The caller has one
   * batch at a time in flight per partition, and sends one that was not refused again, unchanged, before any other.
   */
  send(batch: Batch): Promise<bigint>;
  close(): Promise<void>;
}
