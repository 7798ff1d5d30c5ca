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

export interface Shipper {
  /** Resolves with the offset of the first record; what `pack` gives is asked for as late as can be. */
  ship(topic: string, partition: number, pack: () => Batch): Promise<bigint>;
}

/**
 * Sends the batches of one broker together, one request at a time: while it is under way, others gather. With many
 * partitions and few records in each, it is requests that cost.
 */
export function createShipper(client: KafkaClient, clock: Clock, soon: Soon): Shipper {
  const docks = new Map<number, BrokerQueue>();

  function ship(topic: string, partition: number, pack: () => Batch): Promise<bigint> {
    return new Promise((resolve, reject) => enqueue({ topic, partition, pack, resolve, reject }));
  }

  function enqueue(load: PendingBatch): void {
    const leader = client.leader(load.topic, load.partition);
    if (leader === undefined) {
      soon(() => void flush([load]));
      return;
    }
    let dock = docks.get(leader);
    if (!dock) {
      dock = { waiting: [], busy: false, leftAt: Number.NEGATIVE_INFINITY };
      docks.set(leader, dock);
    }
    dock.waiting.push(load);
    if (!dock.busy) clear(dock);
  }

  function clear(dock: BrokerQueue): void {
    dock.busy = true;
    const wait = Math.ceil(dock.leftAt + pace - clock.now());
    if (wait > 0) clock.after(wait, () => void serve(dock));
    else soon(() => void serve(dock));
  }

  async function serve(dock: BrokerQueue): Promise<void> {
    dock.leftAt = clock.now();
    await flush(dock.waiting, dock);
    dock.busy = false;
    if (dock.waiting.length > 0) clear(dock);
  }

  /** Takes as many as a request may hold. Settles them. */
  async function flush(loads: PendingBatch[], dock?: BrokerQueue): Promise<void> {
    const batches: Batch[] = [];
    for (let bytes = 0; batches.length < loads.length && bytes < maxBytes; ) {
      const batch = loads[batches.length]?.pack();
      if (!batch) break;
      batches.push(batch);
      bytes += batch.bytes;
    }
    const leaving = loads.slice(0, batches.length);
    if (dock) dock.waiting = loads.slice(batches.length);
    try {
      const outcomes = await client.send(batches);
      for (const [index, { resolve, reject }] of leaving.entries()) {
        const outcome = outcomes[index];
        if (typeof outcome === 'bigint') resolve(outcome);
        else reject(outcome);
      }
    } catch (error) {
      for (const { reject } of leaving) reject(error);
    }
  }

  return { ship };
}
