import type { Socket } from 'node:net';
import type { API, Connection as LibraryConnection } from '@platformatic/kafka';
import type { KafkaSettings } from '../../config/settings.js';
import { describeCode } from '../faults.js';
import { prepareLogin } from '../oauth/login.js';
import type { Address } from '../wire/address.js';
import { decodeProduce, encodeProduce, produceKey, produceVersion } from '../wire/produce.js';
import {
  brokerLimit,
  type Connection,
  connectLimit,
  limitName,
  type Metadata,
  type PartitionBatch,
  type ProduceAnswer,
  type ProducerIdentity,
  type Transport,
} from '../wire/transport.js';
import { translateError } from './errors.js';
import {
  createAPI,
  createTopicsV7,
  describeConfigsV3,
  initProducerIdV3,
  metadataV10,
  Connection as OpenConnection,
  ResponseError,
  Writer,
} from './library.js';
import { configureSecurity } from './options.js';

/** A request that times out within the library poisons its connection: late answers are taken for others. */
const never = 2 ** 31 - 1;
const topicResource = 2;
const noId = '00000000-0000-0000-0000-000000000000';

/** @platformatic/kafka. */
export function openPlatformatic(settings: KafkaSettings): Transport {
  return {
    tls: settings.tls,
    prepare: () => prepareLogin(settings),
    open: (address) => new Platformatic(address, settings),
    translate: translateError,
  };
}

class Platformatic implements Connection {
  readonly #address: Address;
  readonly #connection: LibraryConnection;
  #due = false;

  constructor(address: Address, settings: KafkaSettings) {
    this.#address = address;
    this.#connection = new OpenConnection(settings.clientId, {
      ...configureSecurity(settings, address.host),
      connectTimeout: connectLimit,
      requestTimeout: never,
    });
    // The library would log in again in the middle of its requests, after 0.8 of a session; a broker takes only one or the other.
    this.#connection.reauthenticate = () => {
      this.#due = true;
    };
    // Without a listener an error would end the process.
    this.#connection.on('error', () => undefined);
  }

  async connect(onSocket: (socket: Socket) => void): Promise<void> {
    const { host, port } = this.#address;
    await new Promise<void>((resolve, reject) => {
      void this.#connection.connect(host, port, (error) => (error ? reject(error) : resolve()));
      onSocket(this.#connection.socket);
    });
  }

  isDue(): boolean {
    return this.#due;
  }

  async describe(topics: readonly string[]): Promise<Metadata> {
    const answer = await this.#ask(metadataV10.api, [...topics], false, false);
    return {
      brokers: answer.brokers,
      controllerId: answer.controllerId,
      topics: answer.topics.map(({ name, topicId, errorCode, partitions }) => ({
        name: name ?? '',
        ...(topicId !== noId && { id: topicId.replaceAll('-', '') }),
        code: errorCode,
        leaders: partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId]),
      })),
    };
  }

  async identify(): Promise<ProducerIdentity> {
    const { errorCode, producerId, producerEpoch } = await this.#ask(initProducerIdV3.api, null, 0, -1n, -1);
    if (errorCode !== 0) throw describeCode(errorCode);
    return { producerId, epoch: producerEpoch };
  }

  produce(batches: readonly PartitionBatch[]): Promise<ProduceAnswer> {
    return this.#ask(produce, batches);
  }

  async createTopics(
    names: readonly string[],
    numPartitions: number,
    replicationFactor: number,
  ): Promise<Map<string, number>> {
    const wanted = names.map((name) => ({ name, numPartitions, replicationFactor, assignments: [], configs: [] }));
    const { topics } = await this.#ask(createTopicsV7.api, wanted, brokerLimit, false);
    return new Map(topics.map(({ name, errorCode }) => [name, errorCode]));
  }

  /** DescribeConfigs 3: version 2 of the library reads and writes fields that it does not have. */
  async describeLimits(topics: readonly string[]): Promise<Map<string, number>> {
    const wanted = topics.map((name) => ({
      resourceType: topicResource,
      resourceName: name,
      configurationKeys: [limitName],
    }));
    const { results } = await this.#ask(describeConfigsV3.api, wanted, false, false);
    const limits = new Map<string, number>();
    for (const { resourceName, configs } of results) {
      const value = configs.find(({ name }) => name === limitName)?.value;
      if (typeof value === 'string') limits.set(resourceName, Number(value));
    }
    return limits;
  }

  close(): void {
    // Stops the library's timer of renewed authentication, too; it does not answer to a socket that never was.
    this.#connection.close(() => undefined);
    this.#connection.socket?.destroy();
  }

  /** The library takes the fault of one topic for a fault of all. */
  #ask<Args extends unknown[], Answer>(api: API<Args, Answer>, ...args: Args): Promise<Answer> {
    return new Promise((resolve, reject) => {
      api(this.#connection, ...args, (error, answer) => {
        if (error instanceof ResponseError) resolve(error.response);
        else if (error) reject(error);
        else if (answer !== undefined) resolve(answer);
      });
    });
  }
}

const produce = createAPI<[batches: readonly PartitionBatch[]], ProduceAnswer>(
  produceKey,
  produceVersion,
  (batches) => {
    const writer = Writer.create();
    for (const piece of encodeProduce(batches)) writer.append(piece);
    return writer;
  },
  (_correlationId, _apiKey, _apiVersion, reader) => decodeProduce(reader.buffer.buffer),
  false,
  false,
);
