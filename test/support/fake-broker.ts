import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Reader, readRecordsBatch, Writer } from '@platformatic/kafka';

/** What happens to a Produce request instead of its being written and answered. */
export type Mishap =
  /** Not written, in this partition or in all; the answer has this error code. */
  | { readonly code: number; readonly partition?: number }
  /** Written; so many milliseconds nothing more shall be sent. */
  | { readonly throttle: number }
  | 'not written, no answer'
  | 'written, no answer'
  | 'written, connection closed'
  /** The answer says that there is more of it than there is. */
  | 'written, answer cut short'
  | 'written, answer of nonsense'
  | 'written, answered twice'
  | 'written, answer to another request';

export interface WrittenBatch {
  readonly topic: string;
  readonly partition: number;
  readonly producerId: bigint;
  readonly sequence: number;
  readonly values: readonly string[];
}

const node = 1;
/** Metadata has the ids of topics from this version on. */
const withIds = 10;
/** API key → the version from which on headers have tags, and texts another length. */
const flexibleFrom: { readonly [api: number]: number } = { 3: 9, 18: 3, 22: 2, 32: 4 };

/** A broker of Kafka's protocol, as far as a producer needs one, with faults on demand. It counts sequences as Kafka does. */
export class FakeBroker {
  /** One for each Produce request to come. */
  readonly mishaps: Mishap[] = [];
  /** What Produce requests held, repetitions included. */
  readonly received: WrittenBatch[] = [];
  /** What was written, once each. */
  readonly log: WrittenBatch[] = [];
  /** How many partitions each Produce request held. */
  readonly requests: number[] = [];
  readonly #partitions: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #producers = 0n;
  mute = false;
  /** Topics of another one are others, whatever their names. */
  cluster = 'cluster';
  /** From 10 on, topics have ids. */
  newestMetadata = 12;
  /** `max.message.bytes` of every topic. */
  limit = 2 ** 20;
  /** Topics that it does not have. */
  readonly missing = new Set<string>();
  /** Topics that it does not describe, with the code that it answers instead. */
  readonly undescribed = new Map<string, number>();

  private constructor(partitions: number) {
    this.#partitions = partitions;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(partitions = 1): Promise<FakeBroker> {
    const broker = new FakeBroker(partitions);
    broker.#server.listen(0, '127.0.0.1');
    await once(broker.#server, 'listening');
    const address = broker.#server.address();
    broker.#port = typeof address === 'object' && address ? address.port : 0;
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    this.disconnect();
    this.#server.close();
    await once(this.#server, 'close');
  }

  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    let rest = Buffer.alloc(0);
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const end = 4 + rest.readInt32BE(0);
        if (!this.mute) this.#answer(socket, rest.subarray(4, end));
        rest = rest.subarray(end);
      }
    });
  }

  #answer(socket: Socket, request: Buffer): void {
    const api = request.readInt16BE(0);
    const correlation = request.readInt32BE(4);
    const body = Reader.from(request.subarray(10 + request.readInt16BE(8)));
    if (api === 0) {
      this.#answerProduce(socket, correlation, body);
      return;
    }
    const flexible = isFlexible(api, request.readInt16BE(2));
    const answers: { readonly [api: number]: (head: Writer) => Writer } = {
      3: (head) => this.#describe(head, readTopics(body, flexible, request.readInt16BE(2)), request.readInt16BE(2)),
      18: (head) => this.#listVersions(head),
      22: (head) => this.#identify(head, flexible),
      32: (head) => this.#describeLimits(head, body, request.readInt16BE(2)),
    };
    const answer = answers[api];
    if (!answer) {
      socket.destroy();
      return;
    }
    const head = Writer.create().appendInt32(correlation);
    socket.write(answer(flexible ? head.appendTaggedFields() : head).prependLength().buffer);
  }

  #describe(answer: Writer, topics: readonly string[], version: number): Writer {
    const flexible = isFlexible(3, version);
    answer
      .appendInt32(0)
      .appendArray(
        [node],
        (writer) => {
          writer
            .appendInt32(node)
            .appendString('127.0.0.1', flexible)
            .appendInt32(this.#port)
            .appendString(null, flexible);
        },
        flexible,
        flexible,
      )
      .appendString('cluster', flexible)
      .appendInt32(node)
      .appendArray([...topics], (writer, topic) => this.#describeTopic(writer, topic, version), flexible, flexible);
    if (!flexible) return answer;
    return (version > withIds ? answer : answer.appendInt32(0)).appendTaggedFields();
  }

  #describeTopic(writer: Writer, topic: string, version: number): void {
    const flexible = isFlexible(3, version);
    const code = this.undescribed.get(topic) ?? (this.missing.has(topic) ? 3 : 0);
    const there = code === 0;
    writer.appendInt16(code).appendString(topic, flexible);
    if (version >= withIds)
      writer.append(
        createHash('md5')
          .update(this.cluster + topic)
          .digest(),
      );
    writer.appendBoolean(false).appendArray(
      [...new Array(there ? this.#partitions : 0).keys()],
      (each, partition) => {
        each.appendInt16(0).appendInt32(partition).appendInt32(node);
        if (flexible) each.appendInt32(0);
        for (let list = 0; list < 3; list++)
          each.appendArray([node], (one, id) => one.appendInt32(id), flexible, false);
      },
      flexible,
      flexible,
    );
    if (flexible) writer.appendInt32(0);
  }

  #describeLimits(answer: Writer, body: Reader, version: number): Writer {
    const names = body.readArray(
      () => {
        body.skip(1);
        const name = body.readString(false);
        body.readArray(() => body.readString(false), false, false);
        return name;
      },
      false,
      false,
    );
    return answer.appendInt32(0).appendArray(
      names,
      (writer, name) => {
        writer.appendInt16(0).appendString(null, false).appendInt8(2).appendString(name, false);
        writer.appendInt32(1).appendString('max.message.bytes', false).appendString(String(this.limit), false);
        // Not read-only, by default, not sensitive, no synonyms.
        writer.appendBoolean(false).appendInt8(5).appendBoolean(false).appendInt32(0);
        if (version >= 3) writer.appendInt8(3).appendString(null, false);
      },
      false,
      false,
    );
  }

  /** The newest that the broker has: kafkajs asks for it. */
  #listVersions(answer: Writer): Writer {
    const versions: readonly (readonly [api: number, newest: number])[] = [
      ...([
        [0, 7],
        [3, this.newestMetadata],
        [18, 0],
        [22, 3],
        [32, 3],
      ] as const),
    ];
    return answer
      .appendInt16(0)
      .appendArray(
        [...versions],
        (each, [api, newest]) => each.appendInt16(api).appendInt16(0).appendInt16(newest),
        false,
        false,
      );
  }

  #identify(answer: Writer, flexible: boolean): Writer {
    answer
      .appendInt32(0)
      .appendInt16(0)
      .appendInt64(++this.#producers)
      .appendInt16(0);
    return flexible ? answer.appendTaggedFields() : answer;
  }

  #answerProduce(socket: Socket, correlation: number, body: Reader): void {
    const batches = readProduce(body);
    this.received.push(...batches);
    this.requests.push(batches.length);
    const mishap = this.mishaps.shift();
    const codeOf = ({ partition }: WrittenBatch) =>
      typeof mishap === 'object' && 'code' in mishap && partition === (mishap.partition ?? partition) ? mishap.code : 0;
    const writes = (batch: WrittenBatch) => codeOf(batch) === 0 && mishap !== 'not written, no answer';
    const offsets = batches.map((batch) => (writes(batch) ? this.#write(batch) : -1));
    if (mishap === 'not written, no answer' || mishap === 'written, no answer') return;
    if (mishap === 'written, connection closed') {
      socket.destroy();
      return;
    }
    const answer = Writer.create().appendInt32(
      correlation + (mishap === 'written, answer to another request' ? 77 : 0),
    );
    answer
      .appendArray(
        [...batches],
        (writer, batch, index) => {
          const { topic, partition } = batch;
          writer.appendString(topic, false).appendArray(
            [partition],
            (each) => {
              each
                .appendInt32(partition)
                .appendInt16(codeOf(batch))
                .appendInt64(BigInt(offsets[index] ?? -1))
                .appendInt64(-1n)
                .appendInt64(0n);
            },
            false,
            false,
          );
        },
        false,
        false,
      )
      .appendInt32(typeof mishap === 'object' && 'throttle' in mishap ? mishap.throttle : 0);
    const { buffer } = answer.prependLength();
    if (mishap === 'written, answer cut short') buffer.writeInt32BE(1000, 8);
    if (mishap === 'written, answer of nonsense') buffer.fill(0xff, 8);
    socket.write(buffer);
    if (mishap === 'written, answered twice') socket.write(buffer);
  }

  #write(batch: WrittenBatch): number {
    const same = this.log.filter(({ topic, partition }) => topic === batch.topic && partition === batch.partition);
    let offset = 0;
    for (const { producerId, sequence, values } of same) {
      if (producerId === batch.producerId && sequence === batch.sequence && sequence >= 0) return offset;
      offset += values.length;
    }
    this.log.push(batch);
    return offset;
  }
}

function isFlexible(api: number, version: number): boolean {
  return version >= (flexibleFrom[api] ?? 0);
}

/** Of Metadata. */
function readTopics(body: Reader, flexible: boolean, version: number): readonly string[] {
  if (flexible) body.readTaggedFields();
  return body.readArray(
    () => {
      if (version >= withIds) body.readUUID();
      return body.readString(flexible);
    },
    flexible,
    flexible,
  );
}

function readProduce(body: Reader): readonly WrittenBatch[] {
  const batches: WrittenBatch[] = [];
  body.readNullableString(false);
  body.skip(6);
  body.readArray(
    () => {
      const topic = body.readString(false);
      body.readArray(
        () => {
          const partition = body.readInt32();
          body.skip(4);
          const { producerId, firstSequence, records } = readRecordsBatch(body);
          const values = records.map(({ value }) => String(value));
          batches.push({ topic, partition, producerId, sequence: firstSequence, values });
        },
        false,
        false,
      );
    },
    false,
    false,
  );
  return batches;
}
