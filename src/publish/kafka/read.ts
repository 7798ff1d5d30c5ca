import { randomUUID } from 'node:crypto';
import { type Admin, type Consumer, Kafka, type KafkaMessage } from 'kafkajs';
import type { KafkaSettings } from '../../config/settings.js';
import type { Log } from '../log.js';
import type { ReadOptions, Recent, StoredRecord } from '../read.js';
import { translateError } from './errors.js';
import { configureKafka } from './options.js';
import { countPartitions } from './topics.js';

const maxWait = 100;
/** Records that may wait for their reader before fetching pauses. */
const highWater = 1000;
const silent: Log = () => undefined;

/** Reads as a consumer group of a random name, which is deleted at the end. */
export async function* readKafka(
  settings: KafkaSettings,
  named: readonly string[],
  { from, until, skipMissing = false, signal, log = silent }: ReadOptions,
): AsyncGenerator<StoredRecord, void, undefined> {
  const kafka = new Kafka(configureKafka(settings, log));
  const groupId = `${settings.clientId}-tap-${randomUUID()}`;
  const admin = kafka.admin();
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: maxWait, allowAutoTopicCreation: false });
  const inbox = new Inbox();
  const stop = () => inbox.end();
  signal?.addEventListener('abort', stop);
  try {
    await admin.connect().catch(rethrow);
    const topics = skipMissing ? [...(await countPartitions(admin, named).catch(rethrow)).keys()] : named;
    if (topics.length === 0) return;
    const starts = typeof from === 'object' ? await findStarts(admin, topics, from) : new Map<string, bigint>();
    const pending = until === 'end' ? await findPending(admin, topics, from, starts) : undefined;
    if (signal?.aborted || pending?.size === 0) return;
    await startConsumer(consumer, topics, from, inbox, starts, pending);
    yield* inbox;
  } finally {
    signal?.removeEventListener('abort', stop);
    inbox.end();
    await consumer.disconnect().catch(() => undefined);
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect().catch(() => undefined);
  }
}

/** `topic/partition` → the offset at which to begin. */
async function findStarts(admin: Admin, topics: readonly string[], { last, since }: Recent) {
  const starts = new Map<string, bigint>();
  for (const topic of topics) {
    const raise = (partition: number, offset: bigint) => {
      const lane = `${topic}/${partition}`;
      if (offset > (starts.get(lane) ?? -1n)) starts.set(lane, offset);
    };
    const offsets = await admin.fetchTopicOffsets(topic).catch((error: unknown) => rethrow(error, topic));
    for (const { partition, low, high } of offsets) {
      raise(partition, BigInt(low));
      if (last !== undefined) raise(partition, BigInt(high) - BigInt(last));
    }
    if (since === undefined) continue;
    // Where nothing is so new, kafkajs gives the end.
    const later = await admin
      .fetchTopicOffsetsByTimestamp(topic, since)
      .catch((error: unknown) => rethrow(error, topic));
    for (const { partition, offset } of later) raise(partition, BigInt(offset));
  }
  return starts;
}

/** `topic/partition` → the offset at which to stop, of those that have records to read. */
async function findPending(
  admin: Admin,
  topics: readonly string[],
  from: ReadOptions['from'],
  starts: ReadonlyMap<string, bigint>,
) {
  const pending = new Map<string, bigint>();
  if (from === 'end') return pending;
  for (const topic of topics) {
    const offsets = await admin.fetchTopicOffsets(topic).catch((error: unknown) => rethrow(error, topic));
    for (const { partition, low, high } of offsets) {
      const lane = `${topic}/${partition}`;
      if ((starts.get(lane) ?? BigInt(low)) < BigInt(high)) pending.set(lane, BigInt(high));
    }
  }
  return pending;
}

async function startConsumer(
  consumer: Consumer,
  topics: readonly string[],
  from: ReadOptions['from'],
  inbox: Inbox,
  starts: ReadonlyMap<string, bigint>,
  pending: Map<string, bigint> | undefined,
): Promise<void> {
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) inbox.end(translateError(payload.error));
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: from !== 'end' });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      async eachBatch({ batch, heartbeat }) {
        const lane = `${batch.topic}/${batch.partition}`;
        const end = pending?.get(lane);
        if (pending && end === undefined) return;
        const start = starts.get(lane) ?? 0n;
        for (const message of batch.messages) {
          if (end !== undefined && BigInt(message.offset) >= end) break;
          // A batch may have been under way before the seek.
          if (BigInt(message.offset) < start) continue;
          inbox.push(toRecord(batch.topic, batch.partition, message));
        }
        if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end) pending?.delete(lane);
        if (pending?.size === 0) inbox.end();
        while (inbox.isFull()) {
          await inbox.drained();
          await heartbeat();
        }
      },
    });
    for (const [lane, start] of starts) {
      const slash = lane.lastIndexOf('/');
      consumer.seek({ topic: lane.slice(0, slash), partition: Number(lane.slice(slash + 1)), offset: String(start) });
    }
  } catch (error) {
    rethrow(error, topics.join(', '));
  }
}

function toRecord(topic: string, partition: number, message: KafkaMessage): StoredRecord {
  const headers: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    headers[name] = Array.isArray(value) ? value.map(String).join(', ') : String(value ?? '');
  }
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key === null ? null : message.key.toString(),
    headers,
    value: message.value ?? Buffer.alloc(0),
    timestamp: Number(message.timestamp),
  };
}

function rethrow(error: unknown, topic = ''): never {
  throw translateError(error, topic);
}

/** Between a consumer that pushes and a reader that pulls. */
class Inbox implements AsyncIterable<StoredRecord> {
  #records: StoredRecord[] = [];
  #ended = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;
  #release: () => void = () => undefined;

  push(record: StoredRecord): void {
    this.#records.push(record);
    this.#wake();
  }

  end(error?: Error): void {
    this.#ended = true;
    this.#error ??= error;
    this.#wake();
    this.#release();
  }

  isFull(): boolean {
    return this.#records.length >= highWater && !this.#ended;
  }

  /** Resolves when the reader has taken something, or after a while: the group wants a heartbeat. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 1000);
      this.#release = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StoredRecord, void, undefined> {
    for (;;) {
      const records = this.#records;
      this.#records = [];
      this.#release();
      yield* records;
      if (this.#records.length > 0) continue;
      if (this.#error) throw this.#error;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
