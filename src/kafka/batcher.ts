import { type KafkaRecord, type Placement, PublishError, type Publisher } from '../core/model.js';
import type { Clock } from '../util/clock.js';
import type { Batch, KafkaClient } from './client.js';
import { choosePartition } from './partitioner.js';
import { estimateBytes, type QueuedRecord, RecordQueue } from './queue.js';
import { createRetry, stopped } from './retry.js';
import { createShipper, type Soon } from './shipper.js';
import type { Numbered, Resuming, Unanswered } from './unanswered.js';

interface Queue {
  readonly topic: Topic;
  readonly partition: number;
  readonly entries: RecordQueue;
  /** Batches of a former process: they go first. */
  readonly former: Former[];
  busy: boolean;
}

interface Former {
  readonly batch: Numbered;
  readonly resolve: (known: boolean) => void;
  readonly reject: (error: PublishError) => void;
}

interface Topic {
  readonly name: string;
  readonly queues: Queue[];
  /** Entries in the order of arrival while the number of partitions is being asked for. */
  waiting: QueuedRecord[] | undefined;
  asking: Promise<number> | undefined;
}

/** Records that are here, in memory, until Kafka acknowledges them. */
export interface BatcherStatus {
  readonly records: number;
  /** About. */
  readonly bytes: number;
}

export type Batcher = Publisher<Placement> & Resuming & { status(): BatcherStatus };

/**
 * Joins records to batches: one queue and one batch in flight per topic-partition. An idle partition sends at once, a
 * busy one gathers. A batch that Kafka did not acknowledge is sent again, unchanged, until Kafka has it or refuses it for
 * good; nothing of its partition overtakes it. That keeps the order per key, and it is what makes an idempotent producer
 * exact: Kafka knows a repeated batch by its number. So a record is rejected as unavailable only by `close`.
 */
export function createBatcher(client: KafkaClient, clock: Clock, soon: Soon = setImmediate): Batcher {
  const topics = new Map<string, Topic>();
  const shipper = createShipper(client, clock, soon);
  const retry = createRetry(clock);
  const unanswered: Unanswered[] = [];
  let closing: Promise<void> | undefined;
  let records = 0;
  let bytes = 0;
  let running = 0;
  let onIdle: (() => void) | undefined;

  function publish(record: KafkaRecord): Promise<Placement> {
    if (closing) return Promise.reject(stopped());
    const size = estimateBytes(record);
    records++;
    bytes += size;
    return new Promise((resolve, reject) => enqueue({ record, bytes: size, resolve, reject }));
  }

  function enqueue(entry: QueuedRecord): void {
    const topic = findTopic(entry.record.topic);
    if (topic.waiting) {
      topic.waiting.push(entry);
      return;
    }
    const partitions = ask(topic);
    if (typeof partitions === 'number') {
      place(topic, partitions, entry);
    } else {
      topic.waiting = [entry];
      track(placeWaiting(topic));
    }
  }

  function findTopic(name: string): Topic {
    let topic = topics.get(name);
    if (!topic) {
      topic = { name, queues: [], waiting: undefined, asking: undefined };
      topics.set(name, topic);
    }
    return topic;
  }

  /** One question at a time for each topic. */
  function ask(topic: Topic): number | Promise<number> {
    if (topic.asking) return topic.asking;
    const partitions = client.partitions(topic.name);
    if (typeof partitions === 'number') return partitions;
    topic.asking = partitions.finally(() => {
      topic.asking = undefined;
    });
    return topic.asking;
  }

  /** Nothing overtakes: whoever comes while the question is open waits in line. */
  async function placeWaiting(topic: Topic): Promise<void> {
    const partitions = await retry.untilDone(async () => ask(topic));
    const entries = topic.waiting ?? [];
    topic.waiting = undefined;
    if (partitions instanceof PublishError) rejectAll(entries, partitions);
    else for (const entry of entries) place(topic, partitions, entry);
  }

  function place(topic: Topic, partitions: number, entry: QueuedRecord): void {
    const queue = findQueue(topic, choosePartition(entry.record.key, partitions));
    queue.entries.push(entry);
    start(queue);
  }

  function findQueue(topic: Topic, partition: number): Queue {
    const queue = topic.queues[partition] ?? { topic, partition, entries: new RecordQueue(), former: [], busy: false };
    topic.queues[partition] = queue;
    return queue;
  }

  function start(queue: Queue): void {
    if (queue.busy) return;
    queue.busy = true;
    track(run(queue));
  }

  async function run(queue: Queue): Promise<void> {
    while (queue.former.length + queue.entries.length > 0) {
      const former = queue.former.shift();
      if (former) await deliverFormer(queue.topic, former);
      else await deliver(queue, () => queue.entries.take());
    }
    queue.busy = false;
  }

  async function resume(batch: Numbered): Promise<boolean> {
    if (closing) throw stopped();
    const topic = findTopic(batch.topic);
    const partitions = await retry.untilDone(async () => ask(topic));
    if (partitions instanceof PublishError) return giveUp(partitions);
    if (partitions <= batch.partition) return false;
    return new Promise((resolve, reject) => {
      const queue = findQueue(topic, batch.partition);
      queue.former.push({ batch, resolve, reject });
      start(queue);
    });
  }

  async function deliverFormer(topic: Topic, { batch, resolve, reject }: Former): Promise<void> {
    let failed = false;
    const base = await retry.untilDone(async () => {
      // One that was deleted is made again, and is another one then.
      if (failed && (await ask(topic)) <= batch.partition) return gone;
      failed = true;
      const outcome = await client.resume(batch);
      if (outcome instanceof PublishError) throw outcome;
      return outcome;
    });
    if (typeof base === 'bigint') resolve(true);
    else if (base === gone || base.kind === 'refused') resolve(false);
    else reject(base);
  }

  /** Takes entries when their request leaves. Settles every one of them, or places it in another partition. */
  async function deliver(queue: Queue, take: () => readonly QueuedRecord[]): Promise<void> {
    const { topic, partition } = queue;
    let batch: LoadedBatch | undefined;
    const pack = () => {
      batch ??= load(topic.name, partition, take());
      return batch;
    };
    let failed = false;
    const base = await retry.untilDone(async () => {
      // A topic that was deleted is asked for, so that it is made again; the new one may have fewer partitions.
      if (failed && (await ask(topic)) <= partition) return gone;
      failed = true;
      return shipper.ship(topic.name, partition, pack);
    });
    const { entries } = pack();
    if (base === gone) {
      for (const entry of entries) enqueue(entry);
    } else if (!(base instanceof PublishError)) {
      forgetAll(entries);
      entries.forEach((entry, index) => {
        entry.resolve({ topic: topic.name, partition, offset: base + BigInt(index) });
      });
    } else if (base.kind === 'refused' && entries.length > 1) {
      // Kafka refuses a batch for one record of it: find the one, save the others, keep the order.
      const middle = entries.length >> 1;
      await deliver(queue, () => entries.slice(0, middle));
      await deliver(queue, () => entries.slice(middle));
    } else {
      if (base.kind === 'unavailable') note(pack());
      rejectAll(entries, base);
    }
  }

  /** It is closed while a batch has no answer. */
  function note(batch: LoadedBatch): void {
    const { topic, partition, records: sent } = batch;
    const trace = client.trace(batch);
    if (trace === 'unsent') return;
    unanswered.push({ topic, partition, records: sent, numbering: trace === 'unknown' ? undefined : trace });
  }

  function rejectAll(entries: readonly QueuedRecord[], error: PublishError): void {
    forgetAll(entries);
    for (const entry of entries) entry.reject(error);
  }

  function forgetAll(entries: readonly QueuedRecord[]): void {
    records -= entries.length;
    for (const entry of entries) bytes -= entry.bytes;
  }

  function track(work: Promise<void>): void {
    running++;
    void work.finally(() => {
      running--;
      if (running === 0) onIdle?.();
    });
  }

  async function finish(): Promise<void> {
    retry.stop();
    // Whatever is in flight fails now, if Kafka doesn't answer.
    const closed = client.close();
    if (running > 0) {
      await new Promise<void>((resolve) => {
        onIdle = resolve;
      });
    }
    await closed;
  }

  return {
    publish,
    ready: () => closing === undefined && client.ready(),
    connected: () => client.ready(),
    status: () => ({ records, bytes }),
    resume,
    unanswered: () => unanswered,
    /** Whoever closes has waited for what he wants: what is not acknowledged by now is rejected. */
    close() {
      closing ??= finish();
      return closing;
    },
  };
}

interface LoadedBatch extends Batch {
  readonly entries: readonly QueuedRecord[];
}

function load(topic: string, partition: number, entries: readonly QueuedRecord[]): LoadedBatch {
  let bytes = 0;
  for (const entry of entries) bytes += entry.bytes;
  return { topic, partition, records: entries.map(({ record }) => record), bytes, entries };
}

function giveUp(error: PublishError): false {
  if (error.kind === 'refused') return false;
  throw error;
}

/** The partition that a batch was for is no more. */
const gone = Symbol('gone');
