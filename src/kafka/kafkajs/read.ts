import { randomUUID } from 'node:crypto';
import { type Admin, type Consumer, Kafka, type KafkaMessage } from 'kafkajs';
import type { KafkaSettings } from '../../config/settings.js';
import type { Positions, ReadOptions, Recent, StoredRecord } from '../../publish/read.js';
import { largest } from '../../util/bigints.js';
import type { Log } from '../../util/log.js';
import { readSchemaId, schemaIdHeader } from '../wire/schema-id.js';
import { translateError } from './errors.js';
import { configureKafka } from './options.js';
import { countPartitions } from './topics.js';
import { readZstd } from './zstd.js';

const maxWait = 100;
/** Records that may wait for their reader before fetching pauses. */
const highWater = 1000;
/** Larger than every offset. */
const never = 2n ** 63n;
const silent: Log = () => undefined;

/** Reads as a consumer group of a random name, which is deleted at the end. */
export async function* readKafka(
  settings: KafkaSettings,
  named: readonly string[],
  { from, until, skipMissing = false, signal, log = silent, onSpan }: ReadOptions,
): AsyncGenerator<StoredRecord, void, undefined> {
  readZstd();
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
    const everything = until === 'abort' && typeof from === 'string';
    const ranges =
      everything && onSpan === undefined ? undefined : await findRanges(admin, topics, { from, until }, onSpan);
    if (signal?.aborted || (until !== 'abort' && ranges?.size === 0)) return;
    await startConsumer(consumer, topics, from, inbox, everything ? undefined : ranges);
    yield* inbox;
  } finally {
    signal?.removeEventListener('abort', stop);
    inbox.end();
    await consumer.disconnect().catch(() => undefined);
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect().catch(() => undefined);
  }
}

/** What is still to be read of a partition: offsets [next, end). */
interface Range {
  readonly topic: string;
  readonly partition: number;
  next: bigint;
  readonly end: bigint;
}

/** `topic/partition` → its range, of those that have records to read. */
async function findRanges(
  admin: Admin,
  topics: readonly string[],
  { from, until }: Pick<ReadOptions, 'from' | 'until'>,
  onSpan: ReadOptions['onSpan'],
): Promise<Map<string, Range>> {
  const ranges = new Map<string, Range>();
  if (from === 'end') return ranges;
  for (const topic of topics) {
    const offsets = await admin.fetchTopicOffsets(topic).catch((error: unknown) => rethrow(error, topic));
    const starts = await findStarts(admin, topic, from, offsets);
    for (const { partition, low, high } of offsets) {
      const { at = 0n, cut = false } = starts.get(partition) ?? {};
      const first = BigInt(low);
      const start = largest(first, at);
      const end = typeof until === 'object' ? (until.get(topic)?.get(partition) ?? 0n) : BigInt(high);
      onSpan?.({ topic, partition, first, start, end, cut: cut && start > first, gone: first > 0n && start === first });
      if (until === 'abort') ranges.set(`${topic}/${partition}`, { topic, partition, next: start, end: never });
      else if (start < end) ranges.set(`${topic}/${partition}`, { topic, partition, next: start, end });
    }
  }
  return ranges;
}

/** Where to begin. `cut`: a number of records says so, and older ones would be new enough. */
interface Start {
  readonly at: bigint;
  readonly cut: boolean;
}

/** Partition → its start; the beginning where there is none. */
async function findStarts(
  admin: Admin,
  topic: string,
  from: ReadOptions['from'],
  ends: readonly { readonly partition: number; readonly high: string }[],
): Promise<ReadonlyMap<number, Start>> {
  if (typeof from === 'string') return new Map();
  if (!isRecent(from))
    return new Map([...(from.get(topic) ?? [])].map(([partition, at]) => [partition, { at, cut: false }]));
  const { last, since } = from;
  const starts = new Map<number, Start>(
    ends.map(({ partition, high }) => [
      partition,
      last === undefined ? { at: 0n, cut: false } : { at: BigInt(high) - BigInt(last), cut: true },
    ]),
  );
  if (since === undefined) return starts;
  // Where nothing is so new, kafkajs gives the end.
  const later = await admin.fetchTopicOffsetsByTimestamp(topic, since).catch((error: unknown) => rethrow(error, topic));
  for (const { partition, offset } of later) {
    const at = BigInt(offset);
    if (at >= (starts.get(partition)?.at ?? 0n)) starts.set(partition, { at, cut: false });
  }
  return starts;
}

function isRecent(from: Recent | Positions): from is Recent {
  return !(from instanceof Map);
}

/** See `readEnds`. */
export async function readKafkaEnds(settings: KafkaSettings, topics: readonly string[]): Promise<Positions> {
  const admin = new Kafka(configureKafka(settings, silent)).admin();
  const ends = new Map<string, ReadonlyMap<number, bigint>>();
  try {
    await admin.connect().catch(rethrow);
    for (const topic of topics) {
      try {
        const offsets = await admin.fetchTopicOffsets(topic);
        ends.set(topic, new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)])));
      } catch (error) {
        const fault = translateError(error, topic);
        if (fault.reason !== 'UNKNOWN_TOPIC_OR_PARTITION') throw fault;
      }
    }
    return ends;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function startConsumer(
  consumer: Consumer,
  topics: readonly string[],
  from: ReadOptions['from'],
  inbox: Inbox,
  ranges: Map<string, Range> | undefined,
): Promise<void> {
  // Again after every crash that kafkajs recovers from: without it, it would begin again.
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const { topic, partition, next } of ranges?.values() ?? []) {
      consumer.seek({ topic, partition, offset: String(next) });
    }
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) inbox.end(translateError(payload.error));
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: from !== 'end' });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      async eachBatch({ batch, heartbeat, pause }) {
        const lane = `${batch.topic}/${batch.partition}`;
        const range = ranges?.get(lane);
        if (ranges && range === undefined) {
          pause();
          return;
        }
        for (const message of batch.messages) {
          const offset = BigInt(message.offset);
          if (range && offset >= range.end) break;
          if (range && offset < range.next) continue;
          inbox.push(toRecord(batch.topic, batch.partition, message));
          if (range) range.next = offset + 1n;
        }
        if (range && BigInt(batch.lastOffset()) + 1n >= range.end) {
          ranges?.delete(lane);
          pause();
        }
        if (ranges?.size === 0) inbox.end();
        while (inbox.isFull()) {
          await inbox.drained();
          await heartbeat();
        }
      },
    });
  } catch (error) {
    rethrow(error, topics.join(', '));
  }
}

function toRecord(topic: string, partition: number, message: KafkaMessage): StoredRecord {
  const headers: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const schemaId = name === schemaIdHeader && Buffer.isBuffer(value) ? readSchemaId(value) : undefined;
    headers[name] = schemaId ?? (Array.isArray(value) ? value.map(String).join(', ') : String(value ?? ''));
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
