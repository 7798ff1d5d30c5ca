import { type KafkaRecord, type Placement, PublishError, type Publisher } from '../model.js';
import type { KafkaClient } from './client.js';
import type { Clock } from './clock.js';
import { choosePartition } from './partitioner.js';
import { type Entry, EntryQueue } from './queue.js';

/** Milliseconds between two tries of a batch: the first, and the longest after doubling. */
const firstPause = 50;
const longestPause = 1000;

interface Queue {
  readonly topic: string;
  readonly partition: number;
  readonly entries: EntryQueue;
  busy: boolean;
}

interface Topic {
  readonly name: string;
  readonly queues: Queue[];
  /** Entries in the order of arrival while the number of partitions is being asked for. */
  waiting: Entry[] | undefined;
}

/**
 * Joins records to batches: one queue and one batch in flight per topic-partition. An idle partition sends at once, a
 * busy one gathers. A batch that Kafka did not acknowledge is sent again, unchanged, until Kafka has it or refuses it for
 * good; nothing of its partition overtakes it. That keeps the order per key, and it is what makes an idempotent producer
 * exact: Kafka knows a repeated batch by its number. So a record is rejected as unavailable only by `close`.
 */
export function createBatcher(client: KafkaClient, clock: Clock): Publisher<Placement> {
  const topics = new Map<string, Topic>();
  const idle: Queue[] = [];
  const running = new Set<Promise<void>>();
  const sleepers = new Set<() => void>();
  let closing: Promise<void> | undefined;

  function publish(record: KafkaRecord): Promise<Placement> {
    if (closing) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      enqueue({ record, bytes: estimateBytes(record), resolve, reject });
    });
  }

  function enqueue(entry: Entry): void {
    const { topic: name } = entry.record;
    let topic = topics.get(name);
    if (!topic) {
      topic = { name, queues: [], waiting: undefined };
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
    let first: Promise<number> | undefined = asked;
    const partitions = await untilDone(async () => {
      const answer = first ?? client.partitions(topic.name);
      first = undefined;
      return answer;
    });
    const entries = topic.waiting ?? [];
    topic.waiting = undefined;
    if (partitions instanceof PublishError) rejectAll(entries, partitions);
    else for (const entry of entries) place(topic, partitions, entry);
  }

  function place(topic: Topic, partitions: number, entry: Entry): void {
    const partition = choosePartition(entry.record.key, partitions);
    let queue = topic.queues[partition];
    if (!queue) {
      queue = { topic: topic.name, partition, entries: new EntryQueue(), busy: false };
      topic.queues[partition] = queue;
    }
    queue.entries.push(entry);
    if (queue.busy) return;
    queue.busy = true;
    if (idle.push(queue) === 1) track(Promise.resolve().then(startIdleQueues));
  }

  /** A microtask later, so that the records of one delivery go together. */
  function startIdleQueues(): void {
    for (let queue = idle.pop(); queue; queue = idle.pop()) track(run(queue));
  }

  async function run(queue: Queue): Promise<void> {
    while (queue.entries.length > 0) await deliver(queue, queue.entries.take());
    queue.busy = false;
  }

  /** Settles every entry. */
  async function deliver(queue: Queue, entries: readonly Entry[]): Promise<void> {
    const { topic, partition } = queue;
    const batch = { topic, partition, records: entries.map((entry) => entry.record) };
    const base = await untilDone(() => client.send(batch));
    if (!(base instanceof PublishError)) {
      entries.forEach((entry, index) => {
        entry.resolve({ topic, partition, offset: base + BigInt(index) });
      });
    } else if (base.kind === 'refused' && entries.length > 1) {
      // Kafka refuses a batch for one record of it: find the one, save the others, keep the order.
      const middle = entries.length >> 1;
      await deliver(queue, entries.slice(0, middle));
      await deliver(queue, entries.slice(middle));
    } else {
      rejectAll(entries, base);
    }
  }

  /** The result, or the refusal; what waiting can cure is tried again, until the batcher closes. */
  async function untilDone<T>(work: () => Promise<T>): Promise<T | PublishError> {
    for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
      try {
        return await work();
      } catch (thrown) {
        const error = toPublishError(thrown);
        if (error.kind === 'refused') return error;
      }
      if (!closing) await sleep(pause);
      if (closing) return stopped();
    }
  }

  function sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(milliseconds, wake);
      function wake(): void {
        cancel();
        sleepers.delete(wake);
        resolve();
      }
      sleepers.add(wake);
    });
  }

  function track(work: Promise<void>): void {
    running.add(work);
    void work.finally(() => running.delete(work));
  }

  async function finish(): Promise<void> {
    for (const wake of sleepers) wake();
    // Whatever is in flight fails now, if Kafka doesn't answer.
    const closed = client.close();
    while (running.size > 0) await Promise.all(running);
    await closed;
  }

  return {
    publish,
    ready: () => closing === undefined && client.ready(),
    connected: () => client.ready(),
    /** Whoever closes has waited for what he wants: what is not acknowledged by now is rejected. */
    close() {
      closing ??= finish();
      return closing;
    },
  };
}

function stopped(): PublishError {
  return new PublishError('unavailable', 'CLOSED', 'the gateway is stopping and takes no records');
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
