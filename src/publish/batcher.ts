import { type KafkaRecord, type Placement, PublishError, type Publisher } from '../model.js';
import type { KafkaClient } from './client.js';
import { choosePartition } from './partitioner.js';
import { type Entry, EntryQueue } from './queue.js';

interface Lane {
  readonly topic: string;
  readonly partition: number;
  readonly queue: EntryQueue;
  busy: boolean;
}

interface Topic {
  readonly name: string;
  readonly lanes: Lane[];
  /** Entries in the order of arrival while the number of partitions is being asked for. */
  waiting: Entry[] | undefined;
}

/**
 * Joins records to batches: one queue and one batch in flight per topic-partition. An idle partition sends at once, a
 * busy one gathers; there is no timer. One request in flight per partition is also what keeps the order per key, and
 * what makes an idempotent producer lossless.
 */
export function createBatcher(client: KafkaClient): Publisher {
  const topics = new Map<string, Topic>();
  const idle: Lane[] = [];
  const running = new Set<Promise<void>>();
  let closing: Promise<void> | undefined;

  function publish(record: KafkaRecord): Promise<Placement> {
    if (closing) {
      return Promise.reject(new PublishError('unavailable', 'CLOSED', 'the gateway is stopping and takes no records'));
    }
    return new Promise((resolve, reject) => {
      enqueue({ record, bytes: estimateBytes(record), resolve, reject });
    });
  }

  function enqueue(entry: Entry): void {
    const { topic: name } = entry.record;
    let topic = topics.get(name);
    if (!topic) {
      topic = { name, lanes: [], waiting: undefined };
      topics.set(name, topic);
    }
    if (topic.waiting) {
      topic.waiting.push(entry);
      return;
    }
    const partitions = client.partitions(name);
    if (typeof partitions === 'number') {
      place(topic, partitions, entry);
    } else {
      topic.waiting = [entry];
      track(placeWaiting(topic, partitions));
    }
  }

  /** Nothing overtakes: whoever comes while the question is open waits in line. */
  async function placeWaiting(topic: Topic, asked: Promise<number>): Promise<void> {
    try {
      const partitions = await asked;
      const entries = topic.waiting ?? [];
      topic.waiting = undefined;
      for (const entry of entries) place(topic, partitions, entry);
    } catch (error) {
      const entries = topic.waiting ?? [];
      topic.waiting = undefined;
      rejectAll(entries, toPublishError(error));
    }
  }

  function place(topic: Topic, partitions: number, entry: Entry): void {
    const partition = choosePartition(entry.record.key, partitions);
    let lane = topic.lanes[partition];
    if (!lane) {
      lane = { topic: topic.name, partition, queue: new EntryQueue(), busy: false };
      topic.lanes[partition] = lane;
    }
    lane.queue.push(entry);
    if (lane.busy) return;
    lane.busy = true;
    if (idle.push(lane) === 1) track(Promise.resolve().then(startIdleLanes));
  }

  /** A microtask later, so that the records of one delivery go together. */
  function startIdleLanes(): void {
    for (let lane = idle.pop(); lane; lane = idle.pop()) track(run(lane));
  }

  async function run(lane: Lane): Promise<void> {
    while (lane.queue.length > 0) {
      const error = await deliver(lane, lane.queue.take());
      // What waits behind a batch that failed for want of Kafka would only wait for the same.
      if (error) rejectAll(lane.queue.takeAll(), error);
    }
    lane.busy = false;
  }

  /** Settles every entry; returns the error if Kafka is unavailable. */
  async function deliver(lane: Lane, entries: readonly Entry[]): Promise<PublishError | undefined> {
    const { topic, partition } = lane;
    let error: PublishError;
    try {
      const base = await client.send({ topic, partition, records: entries.map((entry) => entry.record) });
      entries.forEach((entry, index) => {
        entry.resolve({ topic, partition, offset: base + BigInt(index) });
      });
      return undefined;
    } catch (thrown) {
      error = toPublishError(thrown);
    }
    if (error.kind === 'refused' && entries.length > 1) return deliverHalves(lane, entries);
    rejectAll(entries, error);
    return error.kind === 'unavailable' ? error : undefined;
  }

  /** Kafka refuses a batch for one record of it: find the one, save the others, keep the order. */
  async function deliverHalves(lane: Lane, entries: readonly Entry[]): Promise<PublishError | undefined> {
    const middle = entries.length >> 1;
    const error = await deliver(lane, entries.slice(0, middle));
    if (!error) return deliver(lane, entries.slice(middle));
    rejectAll(entries.slice(middle), error);
    return error;
  }

  function track(work: Promise<void>): void {
    running.add(work);
    void work.finally(() => running.delete(work));
  }

  async function finish(): Promise<void> {
    while (running.size > 0) await Promise.all(running);
    await client.close();
  }

  return {
    publish,
    ready: () => closing === undefined && client.ready(),
    close() {
      closing ??= finish();
      return closing;
    },
  };
}

function rejectAll(entries: readonly Entry[], error: PublishError): void {
  for (const entry of entries) entry.reject(error);
}

function toPublishError(error: unknown): PublishError {
  if (error instanceof PublishError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new PublishError('unavailable', 'UNEXPECTED', `the Kafka client failed: ${message}`, { cause: error });
}

/**
 * An upper bound of what the record takes in a batch: message format v2 needs at most 36 bytes beside key, value and
 * headers, and 10 per header; a UTF-16 unit is at most 3 bytes of UTF-8.
 */
function estimateBytes(record: KafkaRecord): number {
  let text = record.key.length;
  let overhead = 36;
  for (const name in record.headers) {
    text += name.length + (record.headers[name]?.length ?? 0);
    overhead += 10;
  }
  return record.value.length + text * 3 + overhead;
}
