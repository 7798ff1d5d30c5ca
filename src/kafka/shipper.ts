import type { Clock } from '../util/clock.js';
import type { Batch, KafkaClient } from './client.js';

/** Bytes of a request, about; one batch goes whatever its size. */
const maxBytes = 2 * 1024 * 1024;

/**
 * Milliseconds from the start of a request to that of the next one to the same broker. A quiet gateway never waits for it; a
 * busy one saves a fifth of its CPU at eight connections, because each answer of Kafka brings that many webhooks again.
 */
const pace = 2;

/** Calls back when what has arrived by now is dealt with. */
export type Soon = (call: () => void) => void;

/** A batch that waits for its broker; what it holds is decided when it leaves. */
interface PendingBatch {
  readonly topic: string;
  readonly partition: number;
  readonly pack: () => Batch;
  readonly resolve: (base: bigint) => void;
  readonly reject: (error: unknown) => void;
}

interface BrokerQueue {
  waiting: PendingBatch[];
  busy: boolean;
  /** When its last request has left. */
  leftAt: number;
}

/**
 * Sends the batches of one broker together, one request at a time: while it is under way, others gather. With many
 * partitions and few records in each, it is requests that cost.
 */
export class Shipper {
  readonly #client: KafkaClient;
  readonly #clock: Clock;
  readonly #soon: Soon;
  /** By the id of the broker. */
  readonly #brokers = new Map<number, BrokerQueue>();

  constructor(client: KafkaClient, clock: Clock, soon: Soon) {
    this.#client = client;
    this.#clock = clock;
    this.#soon = soon;
  }

  /** Resolves with the offset of the first record; what `pack` gives is asked for as late as can be. */
  ship(topic: string, partition: number, pack: () => Batch): Promise<bigint> {
    return new Promise((resolve, reject) => this.#enqueue({ topic, partition, pack, resolve, reject }));
  }

  #enqueue(pending: PendingBatch): void {
    const leader = this.#client.leader(pending.topic, pending.partition);
    if (leader === undefined) {
      this.#soon(() => void this.#flush([pending]));
      return;
    }
    let queue = this.#brokers.get(leader);
    if (!queue) {
      queue = { waiting: [], busy: false, leftAt: Number.NEGATIVE_INFINITY };
      this.#brokers.set(leader, queue);
    }
    queue.waiting.push(pending);
    if (!queue.busy) this.#clear(queue);
  }

  #clear(queue: BrokerQueue): void {
    queue.busy = true;
    const wait = Math.ceil(queue.leftAt + pace - this.#clock.now());
    if (wait > 0) this.#clock.after(wait, () => void this.#serve(queue));
    else this.#soon(() => void this.#serve(queue));
  }

  async #serve(queue: BrokerQueue): Promise<void> {
    queue.leftAt = this.#clock.now();
    await this.#flush(queue.waiting, queue);
    queue.busy = false;
    if (queue.waiting.length > 0) this.#clear(queue);
  }

  /** Takes as many as a request may hold. Settles them. */
  async #flush(pending: PendingBatch[], queue?: BrokerQueue): Promise<void> {
    const batches: Batch[] = [];
    for (let bytes = 0; batches.length < pending.length && bytes < maxBytes; ) {
      const batch = pending[batches.length]?.pack();
      if (!batch) break;
      batches.push(batch);
      bytes += batch.bytes;
    }
    const leaving = pending.slice(0, batches.length);
    if (queue) queue.waiting = pending.slice(batches.length);
    try {
      const outcomes = await this.#client.send(batches);
      for (const [index, { resolve, reject }] of leaving.entries()) {
        const outcome = outcomes[index];
        if (typeof outcome === 'bigint') resolve(outcome);
        else reject(outcome);
      }
    } catch (error) {
      for (const { reject } of leaving) reject(error);
    }
  }
}
