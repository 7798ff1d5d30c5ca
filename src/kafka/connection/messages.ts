import type { Address } from './address.js';

export interface Metadata {
  readonly brokers: readonly (Address & { readonly nodeId: number })[];
  /** The broker that changes topics. */
  readonly controllerId: number;
  readonly topics: readonly TopicMetadata[];
}

export interface TopicMetadata {
  readonly name: string;
  /** 32 hexadecimal digits that no other topic has, one of the same name included; absent: the broker has none. */
  readonly id?: string;
  /** 0: there, and may be described. */
  readonly code: number;
  /** Each partition with its leader; -1: none. */
  readonly leaders: readonly (readonly [partition: number, leader: number])[];
}

/** What the user may do: a bit for each operation, by its code in Kafka (KIP-430). */
export interface Rights {
  /** By topic, of those that are there. */
  readonly ofTopics: ReadonlyMap<string, number>;
  readonly ofCluster: number;
}

/** Under which an idempotent producer numbers its batches. */
export interface ProducerIdentity {
  /** -1: not idempotent. */
  readonly producerId: bigint;
  readonly epoch: number;
}

/** What goes to one partition. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  /** An encoded record batch. */
  readonly bytes: Buffer;
}

export interface PartitionAnswer {
  /** 0: written. */
  readonly code: number;
  /** Of the first record. */
  readonly offset: bigint;
}

export interface ProduceAnswer {
  /** By topic, then by partition. */
  readonly topics: ReadonlyMap<string, readonly PartitionAnswer[]>;
  /** Milliseconds until the broker reads the next request: a quota is used up. */
  readonly throttle: number;
}

/** Milliseconds: of a connection, TLS included, and of an answer. */
export const connectLimit = 2_000;
export const answerLimit = 3_000;
/** Milliseconds that a broker may wait for its replicas: it shall answer before the connection is given up. */
export const brokerLimit = 2_500;
/** A part of a session after which another connection takes its place. */
export const sessionPart = 0.8;
/** The one setting of a topic that is asked for. */
export const limitName = 'max.message.bytes';
