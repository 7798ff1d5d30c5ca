import type { KafkaRecord } from '../core/model.js';

/**
 * By what Kafka knows a batch. The same records under it are written once, however often they come:
 * a broker remembers the last five batches of a producer in each partition, for `producer.id.expiration.ms` (a day).
 * Source: https://cwiki.apache.org/confluence/display/KAFKA/KIP-98, and KIP-360 for producers that are not remembered.
 */
export interface Numbering {
  /** Another topic of the same name, or of another cluster, knows nothing of it: it could have given the number to others. */
  readonly topicId: string;
  readonly producerId: bigint;
  readonly epoch: number;
  /** Of the first record. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** CRC-32C of the batch before it is compressed: it proves that its records are the same. */
  readonly checksum: number;
}

/** A batch that was sent, and nobody knows whether Kafka has it. */
export interface Unanswered {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly KafkaRecord[];
  /** Absent: it has none, or it is not known. Then nothing can tell whether Kafka has it. */
  readonly numbering?: Numbering | undefined;
}

export type Numbered = Unanswered & { readonly numbering: Numbering };

/** Goes on with what another process has sent. */
export interface Resuming {
  /** After `close`: what was sent and not answered. */
  unanswered(): readonly Unanswered[];
  /**
   * Sends a batch once more as it was. True: Kafka has it, once. False: it can't be had under its number any more, and may or
   * may not be there. Rejects with a `PublishError` where the publisher was closed before that was known.
   */
  resume(batch: Numbered): Promise<boolean>;
}
