import type { Socket } from 'node:net';
import type { KafkaSettings } from '../../config/settings.js';
import type { PublishError } from '../../core/model.js';
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

/**
 * A library's connection to one broker. Error codes of Kafka's are part of an answer, and no error; a code that stands for
 * all of it is a fault of `describeCode`. `BrokerConnection` makes up for the rest: time-outs, faults of the socket, what is thrown.
 */
export interface Connection {
  /** With TLS and SASL as configured. `onSocket` is called as soon as there is a socket. */
  connect(onSocket: (socket: Socket) => void): Promise<void>;
  /** The brokers, and these topics; no topics: none. */
  describe(topics: readonly string[]): Promise<Metadata>;
  /** A new producer id. */
  identify(): Promise<ProducerIdentity>;
  produce(batches: readonly PartitionBatch[]): Promise<ProduceAnswer>;
  /** Topic → error code. */
  createTopics(topics: readonly string[], partitions: number, replicationFactor: number): Promise<Map<string, number>>;
  /** Topic → `max.message.bytes`, of those that may be asked. */
  describeLimits(topics: readonly string[]): Promise<Map<string, number>>;
  close(): void;
  /** True: its session with the broker ends soon (`connections.max.reauth.ms`, or its token expires): another connection is due. */
  isDue(): boolean;
}

/** What the gateway has of a Kafka library: connections and protocol. */
export interface Transport {
  /** What its connections are secured with. */
  readonly tls: KafkaSettings['tls'];
  /** Gets what a connection logs in with, which can take longer than a connection may. Rejects with a `PublishError`. */
  prepare(): Promise<void>;
  /** Not connected yet. */
  open(address: Address): Connection;
  /** Says what an error means that a connection has thrown. */
  translate(error: unknown): PublishError;
}

/** Milliseconds: of a connection, without TLS and SASL; and of an answer. */
export const connectLimit = 2_000;
export const answerLimit = 3_000;
/** Milliseconds that a broker may wait for its replicas: it shall answer before the connection is given up. */
export const brokerLimit = 2_500;
/** A part of a session after which another connection takes its place. */
export const sessionPart = 0.8;
/** The one setting of a topic that is asked for. */
export const limitName = 'max.message.bytes';
