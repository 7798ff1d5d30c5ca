import { PublishError } from '../../../src/core/model.js';
import type { Attempt, Batch, KafkaClient, ProduceResult } from '../../../src/kafka/client.js';

/** One batch that the fake holds until the test says what becomes of it. */
export interface Held {
  readonly batch: Batch;
  ack(): Promise<void>;
  fail(error: Error): Promise<void>;
}

/** A Kafka in memory: its logs, the batches in flight, and proof that no partition ever has two of them. */
export class FakeClient implements KafkaClient {
  readonly logs = new Map<string, string[]>();
  readonly sent: Batch[] = [];
  /** How many batches each request held. */
  readonly requests: number[] = [];
  readonly held: Held[] = [];
  closed = false;
  readonly #inFlight = new Set<string>();

  constructor(
    readonly count: (topic: string) => number | Promise<number>,
    /** Absent: batches wait in `held`. */
    readonly answer?: (batch: Batch) => Promise<void>,
    readonly leader: KafkaClient['leader'] = () => undefined,
  ) {}

  async connect(): Promise<void> {}

  ready(): boolean {
    return true;
  }

  partitions(topic: string): number | Promise<number> {
    return this.count(topic);
  }

  send(batches: readonly Batch[]): Promise<readonly ProduceResult[]> {
    this.requests.push(batches.length);
    return Promise.all(batches.map((batch) => this.#send(batch)));
  }

  async #send(batch: Batch): Promise<ProduceResult> {
    const lane = `${batch.topic}/${batch.partition}`;
    if (this.#inFlight.has(lane)) throw new Error(`two batches in flight for ${lane}`);
    this.#inFlight.add(lane);
    this.sent.push(batch);
    try {
      await (this.answer ? this.answer(batch) : this.#hold(batch));
    } catch (error) {
      if (error instanceof PublishError) return error;
      throw error;
    } finally {
      this.#inFlight.delete(lane);
    }
    const log = this.logs.get(lane) ?? [];
    this.logs.set(lane, log);
    const base = log.length;
    for (const record of batch.records) log.push(record.value.toString());
    return BigInt(base);
  }

  async resume(): Promise<ProduceResult> {
    return new PublishError('refused', 'NUMBER_LOST', 'nothing is known of it');
  }

  trace(): Attempt {
    return 'unsent';
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #hold(batch: Batch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.held.push({
        batch,
        ack: () => settle(resolve),
        fail: (error) => settle(() => reject(error)),
      });
    });
  }
}

/** Lets everything that can run now run. */
export async function settle(action: () => void = () => undefined): Promise<void> {
  action();
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
