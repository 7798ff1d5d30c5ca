import { type KafkaRecord, type Placement, PublishError, type Publisher } from '../core/model.js';
import type { Clock } from '../util/clock.js';
import type { Batch, KafkaClient } from './client.js';
import { choosePartition } from './partitioner.js';
import { estimateBytes, type QueuedRecord, RecordQueue } from './queue.js';
import { createRetry, type Retry, stopped } from './retry.js';
import { Shipper, type Soon } from './shipper.js';
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
  const batches = new Batches(client, clock, soon);
  return {
    publish: (record) => batches.publish(record),
    ready: () => batches.open && client.ready(),
    connected: () => client.ready(),
    status: () => batches.status(),
    resume: (batch) => batches.resume(batch),
    unanswered: () => batches.unanswered,
    close: () => batches.close(),
  };
}

class Batches {
  readonly #client: KafkaClient;
  readonly #shipper: Shipper;
  readonly #retry: Retry;
  readonly #topics = new Map<string, Topic>();
  readonly #unanswered: Unanswered[] = [];
  #closing: Promise<void> | undefined;
  #records = 0;
  #bytes = 0;
  /** Queues that are worked off, and topics whose partitions are asked for. */
  #running = 0;
  #onIdle: (() => void) | undefined;

  constructor(client: KafkaClient, clock: Clock, soon: Soon) {
    this.#client = client;
    this.#shipper = new Shipper(client, clock, soon);
    this.#retry = createRetry(clock);
  }

  get open(): boolean {
    return this.#closing === undefined;
  }

  get unanswered(): readonly Unanswered[] {
    return this.#unanswered;
  }

  status(): BatcherStatus {
    return { records: this.#records, bytes: this.#bytes };
  }

  publish(record: KafkaRecord): Promise<Placement> {
    if (this.#closing) return Promise.reject(stopped());
    const size = estimateBytes(record);
    this.#records++;
    this.#bytes += size;
    return new Promise((resolve, reject) => this.#enqueue({ record, bytes: size, resolve, reject }));
  }

  async resume(batch: Numbered): Promise<boolean> {
    if (this.#closing) throw stopped();
    const topic = this.#findTopic(batch.topic);
    const partitions = await this.#retry.untilDone(async () => this.#ask(topic));
    if (partitions instanceof PublishError) return giveUp(partitions);
    if (partitions <= batch.partition) return false;
    return new Promise((resolve, reject) => {
      const queue = findQueue(topic, batch.partition);
      queue.former.push({ batch, resolve, reject });
      this.#start(queue);
    });
  }

  /** Callers drain before they close: what is not acknowledged by now is rejected. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  #enqueue(entry: QueuedRecord): void {
    const topic = this.#findTopic(entry.record.topic);
    if (topic.waiting) {
      topic.waiting.push(entry);
      return;
    }
    const partitions = this.#ask(topic);
    if (typeof partitions === 'number') {
      this.#place(topic, partitions, entry);
    } else {
      topic.waiting = [entry];
      this.#track(this.#placeWaiting(topic));
    }
  }

  #findTopic(name: string): Topic {
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = { name, queues: [], waiting: undefined, asking: undefined };
      this.#topics.set(name, topic);
    }
    return topic;
  }

  /** One question at a time for each topic. */
  #ask(topic: Topic): number | Promise<number> {
    if (topic.asking) return topic.asking;
    const partitions = this.#client.partitions(topic.name);
    if (typeof partitions === 'number') return partitions;
    topic.asking = partitions.finally(() => {
      topic.asking = undefined;
    });
    return topic.asking;
  }

  /** Nothing overtakes: whoever comes while the question is open waits in line. */
  async #placeWaiting(topic: Topic): Promise<void> {
    const partitions = await this.#retry.untilDone(async () => this.#ask(topic));
    const entries = topic.waiting ?? [];
    topic.waiting = undefined;
    if (partitions instanceof PublishError) this.#rejectAll(entries, partitions);
    else for (const entry of entries) this.#place(topic, partitions, entry);
  }

  #place(topic: Topic, partitions: number, entry: QueuedRecord): void {
    const queue = findQueue(topic, choosePartition(entry.record.key, partitions));
    queue.entries.push(entry);
    this.#start(queue);
  }

  #start(queue: Queue): void {
    if (queue.busy) return;
    queue.busy = true;
    this.#track(this.#run(queue));
  }

  async #run(queue: Queue): Promise<void> {
    while (queue.former.length + queue.entries.length > 0) {
      const former = queue.former.shift();
      if (former) await this.#deliverFormer(queue.topic, former);
      else await this.#deliver(queue, () => queue.entries.take());
    }
    queue.busy = false;
  }

  async #deliverFormer(topic: Topic, { batch, resolve, reject }: Former): Promise<void> {
    const base = await this.#untilDone(topic, batch.partition, async () => {
      const outcome = await this.#client.resume(batch);
      if (outcome instanceof PublishError) throw outcome;
      return outcome;
    });
    if (typeof base === 'bigint') resolve(true);
    else if (base === gone || base.kind === 'refused') resolve(false);
    else reject(base);
  }

  /** Takes entries when their request leaves. Settles every one of them, or places it in another partition. */
  async #deliver(queue: Queue, take: () => readonly QueuedRecord[]): Promise<void> {
    const { topic, partition } = queue;
    let batch: LoadedBatch | undefined;
    const pack = () => {
      batch ??= load(topic.name, partition, take());
      return batch;
    };
    const base = await this.#untilDone(topic, partition, () => this.#shipper.ship(topic.name, partition, pack));
    const { entries } = pack();
    if (base === gone) {
      for (const entry of entries) this.#enqueue(entry);
    } else if (!(base instanceof PublishError)) {
      this.#acknowledge(queue, entries, base);
    } else if (base.kind === 'refused' && entries.length > 1) {
      // Kafka refuses a batch for one record of it: find the one, save the others, keep the order.
      const middle = entries.length >> 1;
      await this.#deliver(queue, () => entries.slice(0, middle));
      await this.#deliver(queue, () => entries.slice(middle));
    } else {
      if (base.kind === 'unavailable') this.#note(pack());
      this.#rejectAll(entries, base);
    }
  }

  /**
   * Sends until Kafka has it or refuses it. A topic that was deleted is asked for after a failure, so that it is made again;
   * the new one may have fewer partitions, and this one be `gone`.
   */
  #untilDone(topic: Topic, partition: number, send: () => Promise<bigint>) {
    let failed = false;
    return this.#retry.untilDone(async () => {
      if (failed && (await this.#ask(topic)) <= partition) return gone;
      failed = true;
      return send();
    });
  }

  #acknowledge({ topic, partition }: Queue, entries: readonly QueuedRecord[], base: bigint): void {
    this.#forgetAll(entries);
    entries.forEach((entry, index) => {
      entry.resolve({ topic: topic.name, partition, offset: base + BigInt(index) });
    });
  }

  /** It is closed while a batch has no answer. */
  #note(batch: LoadedBatch): void {
    const { topic, partition, records: sent } = batch;
    const trace = this.#client.trace(batch);
    if (trace === 'unsent') return;
    this.#unanswered.push({ topic, partition, records: sent, numbering: trace === 'unknown' ? undefined : trace });
  }

  #rejectAll(entries: readonly QueuedRecord[], error: PublishError): void {
    this.#forgetAll(entries);
    for (const entry of entries) entry.reject(error);
  }

  #forgetAll(entries: readonly QueuedRecord[]): void {
    this.#records -= entries.length;
    for (const entry of entries) this.#bytes -= entry.bytes;
  }

  #track(work: Promise<void>): void {
    this.#running++;
    void work.finally(() => {
      this.#running--;
      if (this.#running === 0) this.#onIdle?.();
    });
  }

  async #finish(): Promise<void> {
    this.#retry.stop();
    // Whatever is in flight fails now, if Kafka doesn't answer.
    const closed = this.#client.close();
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await closed;
  }
}

function findQueue(topic: Topic, partition: number): Queue {
  const queue = topic.queues[partition] ?? { topic, partition, entries: new RecordQueue(), former: [], busy: false };
  topic.queues[partition] = queue;
  return queue;
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

/** The partition that a batch was for no longer exists. */
const gone = Symbol('gone');
