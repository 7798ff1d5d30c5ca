import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { ISocketFactory, KafkaConfig } from 'kafkajs';

/**
 * What is used of kafkajs 2.2.4 to publish: its connections (TLS, SASL) and its protocol. Its index loads all the rest, too.
 * These are files of its own and not its interface, so package.json holds the version exactly.
 */
const require = createRequire(import.meta.url);

interface ConnectionOptions
  extends Pick<KafkaConfig, 'ssl' | 'sasl' | 'connectionTimeout' | 'reauthenticationThreshold'> {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
  readonly socketFactory: ISocketFactory;
  readonly logger: Logger;
}

export interface Logger {
  namespace(): Logger;
  debug(): void;
  info(): void;
  warn(message: string): void;
  error(): void;
}

/** API key → the versions that a broker has. */
export interface Versions {
  [apiKey: number]: { readonly minVersion: number; readonly maxVersion: number };
}

export interface KafkajsConnection {
  readonly socket?: Socket;
  readonly clientId: string;
  readonly requestQueue: RequestQueue;
  /** Milliseconds; 0: it does not end. */
  readonly sessionLifetime: { toString(): string };
  connect(): Promise<unknown>;
  setVersions(versions: Versions): void;
  setSupportAuthenticationProtocol(supported: boolean): void;
  /** Does nothing if there is nothing to do. */
  authenticate(): Promise<void>;
  send<Answer>(message: Message<Answer>): Promise<Answer>;
  nextCorrelationId(): number;
}

/** One for each connection. */
export interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
  push(request: {
    readonly entry: {
      readonly apiKey: number;
      readonly apiVersion: number;
      readonly apiName: string;
      readonly correlationId: number;
      resolve(answer: { readonly payload: Buffer }): void;
      reject(error: Error): void;
    };
    readonly expectResponse: boolean;
    sendRequest(): void;
  }): void;
}

/** A request, and how to read its answer. `parse` throws what `decode` has found. */
export interface Message<Answer> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    encode(): Promise<Encoder>;
  };
  readonly response: { decode(body: Buffer): Promise<Answer>; parse(answer: Answer): Promise<Answer> };
}

export interface Encoder {
  writeArray(items: readonly string[]): Encoder;
  writeBoolean(value: boolean): Encoder;
  writeBuffer(bytes: Buffer): Encoder;
}

/** A kind of request, in its versions. */
export interface Definition<Options, Answer> {
  protocol(choice: { readonly version: number }): (options: Options) => Message<Answer>;
}

interface Protocol {
  readonly requests: {
    readonly ApiVersions: Definition<undefined, { readonly apiVersions: readonly ApiVersion[] }>;
    readonly Metadata: Definition<{ readonly topics: readonly string[] }, MetadataAnswer>;
    readonly InitProducerId: Definition<{ readonly transactionalId: null }, IdentityAnswer>;
    readonly CreateTopics: Definition<CreateTopicsOptions, CreateTopicsAnswer>;
    readonly DescribeConfigs: Definition<DescribeConfigsOptions, DescribeConfigsAnswer>;
  };
  /** The newest version that both have. */
  lookup(
    versions: Versions,
  ): <Options, Answer>(
    apiKey: number,
    definition: Definition<Options, Answer>,
  ) => (options: Options) => Message<Answer>;
}

interface ApiVersion {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

interface MetadataAnswer {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly controllerId: number;
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  }[];
}

interface IdentityAnswer {
  readonly errorCode: number;
  readonly producerId: string;
  readonly producerEpoch: number;
}

interface CreateTopicsOptions {
  readonly topics: readonly {
    readonly topic: string;
    readonly numPartitions: number;
    readonly replicationFactor: number;
  }[];
  readonly timeout: number;
  readonly validateOnly: boolean;
}

interface CreateTopicsAnswer {
  readonly topicErrors: readonly { readonly topic: string; readonly errorCode: number }[];
}

interface DescribeConfigsOptions {
  readonly resources: readonly { readonly type: number; readonly name: string; readonly configNames: string[] }[];
  readonly includeSynonyms: boolean;
}

interface DescribeConfigsAnswer {
  readonly resources: readonly {
    readonly errorCode: number;
    readonly resourceName: string;
    readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[];
  }[];
}

export const Connection: new (
  options: ConnectionOptions,
) => KafkajsConnection = require('kafkajs/src/network/connection');
export const RequestQueue: { readonly prototype: RequestQueue } = require('kafkajs/src/network/requestQueue');
export const Encoder: new () => Encoder = require('kafkajs/src/protocol/encoder');
export const { requests, lookup }: Protocol = require('kafkajs/src/protocol/requests');
export const apiKeys: { readonly [name in keyof Protocol['requests'] | 'SaslAuthenticate']: number } =
  require('kafkajs/src/protocol/requests/apiKeys');
