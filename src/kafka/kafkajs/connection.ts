import { isIP, connect as openTcp, type Socket } from 'node:net';
import { connect as openTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import type { KafkaSettings } from '../../config/settings.js';
import { describeCode } from '../faults.js';
import { prepareLogin } from '../oauth/login.js';
import type { Address } from '../wire/address.js';
import { decodeProduce, encodeProduce, produceKey, produceVersion } from '../wire/produce.js';
import {
  answerLimit,
  brokerLimit,
  type Connection,
  connectLimit,
  limitName,
  type Metadata,
  type PartitionBatch,
  type ProduceAnswer,
  type ProducerIdentity,
  sessionPart,
  type Transport,
} from '../wire/transport.js';
import { translateError } from './errors.js';
import { stopIdleTimers } from './idle-timers.js';
import {
  apiKeys,
  type Definition,
  Encoder,
  Connection as KafkajsConnection,
  type Logger,
  lookup,
  type Message,
  requests,
  type Versions,
} from './internals.js';
import { decodeMetadata, encodeMetadata, metadataVersion } from './metadata.js';
import { configureSecurity } from './options.js';

const topicResource = 2;

/** kafkajs. */
export function openKafkajs(settings: KafkaSettings): Transport {
  stopIdleTimers();
  return {
    tls: settings.tls,
    prepare: () => prepareLogin(settings),
    open: (address) => new Kafkajs(address, settings),
    translate: (error) => translateError(error),
  };
}

class Kafkajs implements Connection {
  readonly #connection: InstanceType<typeof KafkajsConnection>;
  #versions: Versions = {};
  #due = Number.POSITIVE_INFINITY;
  #onSocket: (socket: Socket) => void = () => undefined;

  constructor({ host, port }: Address, settings: KafkaSettings) {
    this.#connection = new KafkajsConnection({
      host,
      port,
      clientId: settings.clientId,
      ...configureSecurity(settings),
      connectionTimeout: connectLimit,
      requestTimeout: answerLimit,
      enforceRequestTimeout: false,
      // It would log in again in the middle of its requests, for the last ten seconds of a session before each.
      reauthenticationThreshold: 0,
      socketFactory: (wanted) => {
        const socket = openSocket(wanted);
        this.#onSocket(socket);
        return socket;
      },
      logger,
    });
  }

  async connect(onSocket: (socket: Socket) => void): Promise<void> {
    this.#onSocket = onSocket;
    await this.#connection.connect();
    const { apiVersions } = await this.#connection.send(requests.ApiVersions.protocol({ version: 0 })(undefined));
    for (const { apiKey, ...range } of apiVersions) this.#versions[apiKey] = range;
    this.#connection.setVersions(this.#versions);
    this.#connection.setSupportAuthenticationProtocol(apiKeys.SaslAuthenticate in this.#versions);
    await this.#connection.authenticate();
    const session = Number(this.#connection.sessionLifetime);
    if (session > 0) this.#due = performance.now() + session * sessionPart;
  }

  isDue(): boolean {
    return performance.now() >= this.#due;
  }

  async describe(topics: readonly string[]): Promise<Metadata> {
    if ((this.#versions[apiKeys.Metadata]?.maxVersion ?? 0) >= metadataVersion) {
      const encode = async () => new Encoder().writeBuffer(encodeMetadata(topics));
      return await this.#connection.send({
        request: { apiKey: apiKeys.Metadata, apiVersion: metadataVersion, apiName: 'Metadata', encode },
        response: { decode: async (body) => decodeMetadata(body), parse: async (answer: Metadata) => answer },
      });
    }
    // kafkajs takes none for all, and lets topics be created.
    const encode = async () => new Encoder().writeArray(topics).writeBoolean(false);
    const answer = await this.#ask(apiKeys.Metadata, requests.Metadata, { topics }, encode);
    return {
      brokers: answer.brokers,
      controllerId: answer.controllerId,
      topics: answer.topicMetadata.map(({ topic, topicErrorCode, partitionMetadata }) => ({
        name: topic,
        code: topicErrorCode,
        leaders: partitionMetadata.map(({ partitionId, leader }) => [partitionId, leader]),
      })),
    };
  }

  async identify(): Promise<ProducerIdentity> {
    const { errorCode, producerId, producerEpoch } = await this.#ask(apiKeys.InitProducerId, requests.InitProducerId, {
      transactionalId: null,
    });
    if (errorCode !== 0) throw describeCode(errorCode);
    return { producerId: BigInt(producerId), epoch: producerEpoch };
  }

  /** By itself, `send` copies a request four times. */
  async produce(batches: readonly PartitionBatch[]): Promise<ProduceAnswer> {
    const connection = this.#connection;
    await connection.authenticate();
    const apiVersion = Math.min(produceVersion, this.#versions[produceKey]?.maxVersion ?? produceVersion);
    const correlationId = connection.nextCorrelationId();
    // kafkajs keeps what it has sent for longer than the answer takes.
    let bytes: Buffer | undefined = frame(
      produceKey,
      apiVersion,
      correlationId,
      connection.clientId,
      encodeProduce(batches),
    );
    const body = await new Promise<Buffer>((resolve, reject) => {
      connection.requestQueue.push({
        entry: {
          apiKey: produceKey,
          apiVersion,
          apiName: 'Produce',
          correlationId,
          reject,
          resolve: ({ payload }) => resolve(payload),
        },
        expectResponse: true,
        sendRequest() {
          if (bytes !== undefined) connection.socket?.write(bytes);
          bytes = undefined;
        },
      });
    });
    return decodeProduce(body, apiVersion);
  }

  async createTopics(
    names: readonly string[],
    numPartitions: number,
    replicationFactor: number,
  ): Promise<Map<string, number>> {
    const topics = names.map((topic) => ({ topic, numPartitions, replicationFactor }));
    const { topicErrors } = await this.#ask(apiKeys.CreateTopics, requests.CreateTopics, {
      topics,
      timeout: brokerLimit,
      validateOnly: false,
    });
    return new Map(topicErrors.map(({ topic, errorCode }) => [topic, errorCode]));
  }

  async describeLimits(topics: readonly string[]): Promise<Map<string, number>> {
    const wanted = topics.map((name) => ({ type: topicResource, name, configNames: [limitName] }));
    const { resources } = await this.#ask(apiKeys.DescribeConfigs, requests.DescribeConfigs, {
      resources: wanted,
      includeSynonyms: false,
    });
    const limits = new Map<string, number>();
    for (const { resourceName, configEntries } of resources) {
      const value = configEntries.find(({ configName }) => configName === limitName)?.configValue;
      if (typeof value === 'string') limits.set(resourceName, Number(value));
    }
    return limits;
  }

  close(): void {
    // With an error, kafkajs ends its own timers, too.
    this.#connection.socket?.destroy(new Error('the connection is given up'));
  }
  async #ask<Options, Answer>(
    apiKey: number,
    definition: Definition<Options, Answer>,
    options: Options,
    encode?: Message<Answer>['request']['encode'],
  ): Promise<Answer> {
    const { request, response } = lookup(this.#versions)(apiKey, definition)(options);
    return await this.#connection.send({
      request: encode ? { ...request, encode } : request,
      response: { decode: response.decode, parse: async (answer) => answer },
    });
  }
}

/** It warns of one thing only: an answer to no request. Thrown, it ends the connection. */
const logger: Logger = {
  namespace: () => logger,
  debug: () => undefined,
  info: () => undefined,
  warn(message) {
    throw new Error(message);
  },
  error: () => undefined,
};

const openSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const name = isIP(host) ? {} : { servername: host };
  const socket = ssl ? openTls({ host, port, ...name, ...ssl }, onConnect) : openTcp({ host, port }, onConnect);
  socket.setNoDelay(true);
  return socket;
};

/** A request with its header of version 1. */
function frame(apiKey: number, version: number, correlationId: number, clientId: string, body: Buffer[]): Buffer {
  const client = Buffer.from(clientId);
  const head = Buffer.allocUnsafe(14);
  let size = head.length - 4 + client.length;
  for (const { length } of body) size += length;
  head.writeInt32BE(size, 0);
  head.writeInt16BE(apiKey, 4);
  head.writeInt16BE(version, 6);
  head.writeInt32BE(correlationId, 8);
  head.writeInt16BE(client.length, 12);
  return Buffer.concat([head, client, ...body]);
}
