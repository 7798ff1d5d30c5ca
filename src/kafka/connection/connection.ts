import type { Socket } from 'node:net';
import type { KafkaSettings } from '../../config/settings.js';
import { describeCode, describeFault } from '../faults.js';
import type { Address } from './address.js';
import { Channel } from './channel.js';
import { type Cursor, readWhole } from './cursor.js';
import {
  connectLimit,
  type Metadata,
  type PartitionBatch,
  type ProduceAnswer,
  type ProducerIdentity,
  type Rights,
  sessionPart,
} from './messages.js';
import { encodeMetadata, encodeMetadataWithIds, readMetadata, readMetadataWithIds } from './metadata.js';
import { decodeProduce, encodeProduce } from './produce.js';
import { login } from './sasl.js';
import { awaitConnected, openSocket } from './socket.js';
import { encodeCreateTopics, encodeDescribeLimits, readCreateTopics, readDescribeLimits } from './topics.js';
import { type Api, apis, askVersions, chooseVersion, isSpoken, type Versions } from './versions.js';
import { Writer } from './writer.js';

/**
 * A connection to one broker over TCP or TLS, with SASL, and the requests that publishing takes. Kafka's error codes of topics and
 * partitions are part of an answer; a code that stands for all of it is a fault of `describeCode`. Everything rejects with a
 * `PublishError`, or with the error of the socket, which `translateError` names. `BrokerConnection` bounds the time.
 */
export class Connection {
  readonly #address: Address;
  readonly #settings: KafkaSettings;
  #socket: Socket | undefined;
  #channel: Channel | undefined;
  #due = Number.POSITIVE_INFINITY;
  #versions: Versions = new Map();

  constructor(address: Address, settings: KafkaSettings) {
    this.#address = address;
    this.#settings = settings;
  }

  /** What the broker speaks; empty before it is connected. */
  get versions(): Versions {
    return this.#versions;
  }

  /** Connects and logs in. `onSocket` is called as soon as there is a socket. */
  async connect(onSocket: (socket: Socket) => void): Promise<void> {
    const { tls, sasl, clientId } = this.#settings;
    const socket = openSocket(this.#address, tls);
    this.#socket = socket;
    onSocket(socket);
    this.#channel = new Channel(socket, clientId);
    await awaitConnected(socket, tls !== undefined, connectLimit);
    this.#versions = await askVersions(this.#channel);
    if (sasl === undefined) return;
    const session = await login((api, body) => this.#send(api, [body]), sasl);
    if (session > 0) this.#due = performance.now() + session * sessionPart;
  }

  /** True: its session with the broker ends soon (`connections.max.reauth.ms`): another connection is due. */
  isDue(): boolean {
    return performance.now() >= this.#due;
  }

  /** The brokers, and these topics; no topics: none. */
  async describe(topics: readonly string[]): Promise<Metadata> {
    if (isSpoken(this.#versions, apis.metadataWithIds)) {
      return this.#ask(apis.metadataWithIds, encodeMetadataWithIds(topics), readMetadataWithIds);
    }
    return this.#ask(apis.metadata, encodeMetadata(topics), readMetadata);
  }

  /** What the user may do with these topics and the cluster. Needs Kafka 2.8. */
  async describeRights(topics: readonly string[]): Promise<Rights> {
    return this.#ask(apis.metadataWithIds, encodeMetadataWithIds(topics, true), readMetadataWithIds);
  }

  /** A new producer id. */
  async identify(): Promise<ProducerIdentity> {
    // Without transactions, none has a time limit.
    return this.#ask(apis.initProducerId, new Writer().noText().int32(0).bytes, (cursor) => {
      cursor.skip(4);
      const code = cursor.readInt16();
      if (code !== 0) throw describeCode(code);
      return { producerId: cursor.readInt64(), epoch: cursor.readInt16() };
    });
  }

  /** Writes these, and answers for each. */
  async produce(batches: readonly PartitionBatch[]): Promise<ProduceAnswer> {
    const { answer, version } = await this.#send(apis.produce, encodeProduce(batches));
    return decodeProduce(answer, version);
  }

  /** Topic → error code. */
  async createTopics(
    topics: readonly string[],
    partitions: number,
    replicationFactor: number,
  ): Promise<Map<string, number>> {
    return this.#ask(apis.createTopics, encodeCreateTopics(topics, partitions, replicationFactor), readCreateTopics);
  }

  /** Topic → `max.message.bytes`, of those that may be asked. */
  async describeLimits(topics: readonly string[]): Promise<Map<string, number>> {
    return this.#ask(apis.describeConfigs, encodeDescribeLimits(topics), readDescribeLimits);
  }

  /** Whatever is under way is rejected. */
  close(): void {
    this.#channel?.close(describeFault('CONNECTION_CLOSED', 'the connection is given up'));
    this.#socket?.destroy();
  }

  async #ask<Answer>(api: Api, body: Buffer, read: (cursor: Cursor) => Answer): Promise<Answer> {
    const { answer } = await this.#send(api, [body]);
    return readWhole(answer, read);
  }

  async #send(api: Api, body: readonly Buffer[]) {
    if (this.#channel === undefined) throw describeFault('CONNECTION_CLOSED', 'it is not connected');
    const version = chooseVersion(this.#versions, api);
    return { version, answer: await this.#channel.request(api.key, version, body) };
  }
}
