import { type KafkaRecord, PublishError } from '../../src/model.js';
import type { Batch, KafkaClient, Outcome } from '../../src/publish/client.js';
import type { World } from './world.js';

export const partitions = 2;

interface Written {
  readonly record: KafkaRecord;
  /** The producer that wrote it. */
  readonly producer: number;
}

interface NumberedBatch {
  readonly batch: Batch;
  readonly sequence: number;
}

interface Partition {
  readonly log: Written[];
  /** By producer: its last batch's first sequence number, its length, and where it lies. */
  readonly last: Map<number, { sequence: number; length: number; base: number }>;
}

/**
 * A Kafka whose brokers are sometimes away, hung, slow, or lose their answers, and that treats sequence numbers as Kafka
 * does: a number that it has seen is acknowledged and not written, whatever the batch holds.
 */
export class SimulatedKafka {
  readonly #world: World;
  readonly #partitions = new Map<string, Partition>();
  readonly #answered = new Map<string, number>();
  #producers = 0;
  /** How likely it is that a request goes wrong. */
  trouble = 0;
  away = false;

  constructor(world: World) {
    this.#world = world;
  }

  get logs(): ReadonlyMap<string, Partition> {
    return this.#partitions;
  }

  /** When a producer last heard that something of the topic was written or refused; before all time if never. */
  answeredAt(topic: string): number {
    return this.#answered.get(topic) ?? Number.NEGATIVE_INFINITY;
  }

  /** A producer with an id of its own; a dead process sends nothing more and hears nothing more. Less careful than the real one, it gives the number of a failed batch to the next one. */
  connect(alive: () => boolean): KafkaClient {
    const producer = ++this.#producers;
    const sequences = new Map<string, number>();
    let closed = false;
    return {
      connect: async () => undefined,
      ready: () => !this.away,
      partitions: (topic) => (this.#world.dice.chance(this.trouble) ? this.#ask(topic) : partitions),
      // Two brokers; the leader isn't always known.
      leader: (_topic, partition) => (this.#world.dice.chance(this.trouble) ? undefined : partition % 2),
      send: async (batches) => {
        const numbered = batches.map((batch) => ({ batch, sequence: sequences.get(nameLane(batch)) ?? 0 }));
        if (!alive()) return new Promise<never>(() => {});
        const outcomes = await this.#request(producer, numbered, () => closed);
        if (!alive()) return new Promise<never>(() => {});
        for (const [index, { batch, sequence }] of numbered.entries()) {
          const outcome = outcomes[index];
          if (outcome instanceof PublishError && outcome.kind === 'unavailable') continue;
          this.#answered.set(batch.topic, this.#world.now());
          if (typeof outcome === 'bigint') sequences.set(nameLane(batch), sequence + batch.records.length);
        }
        return outcomes;
      },
      close: async () => {
        closed = true;
      },
    };
  }

  async #ask(_topic: string): Promise<number> {
    await this.#world.pause(50);
    if (this.away || this.#world.dice.chance(0.5)) throw unavailable('UNKNOWN_TOPIC_OR_PARTITION');
    return partitions;
  }

  /** A request comes through or is lost as a whole; what it holds is written partition by partition. */
  async #request(
    producer: number,
    batches: readonly NumberedBatch[],
    closed: () => boolean,
  ): Promise<readonly Outcome[]> {
    const { dice } = this.#world;
    await this.#world.pause(1 + dice.below(5));
    if (closed() || this.away) return batches.map(() => unavailable('ECONNREFUSED'));
    const outcomes = batches.map((batch) => this.#take(producer, batch));
    if (!dice.chance(this.trouble)) return outcomes;
    const kind = dice.pick(['slow', 'lost answer', 'hung']);
    await this.#world.pause(kind === 'hung' ? 5_000 : dice.below(3_000));
    return kind === 'slow' ? outcomes : batches.map(() => unavailable('REQUEST_TIMEOUT'));
  }

  #take(producer: number, { batch, sequence }: NumberedBatch): Outcome {
    const { dice } = this.#world;
    if (batch.records.some(({ headers }) => headers.big))
      return new PublishError('refused', 'MESSAGE_TOO_LARGE', 'too large');
    if (!dice.chance(this.trouble)) return BigInt(this.#write(producer, sequence, batch));
    const kind = dice.pick(['written', 'not written', 'written late']);
    if (kind === 'written') this.#write(producer, sequence, batch);
    if (kind === 'written late') this.#world.after(dice.below(8_000), () => this.#write(producer, sequence, batch));
    return unavailable(kind === 'not written' ? 'NOT_LEADER_OR_FOLLOWER' : 'REQUEST_TIMED_OUT');
  }

  #write(producer: number, sequence: number, { topic, partition, records }: Batch): number {
    const name = `${topic}/${partition}`;
    const at: Partition = this.#partitions.get(name) ?? { log: [], last: new Map() };
    this.#partitions.set(name, at);
    const last = at.last.get(producer);
    if (last !== undefined && sequence < last.sequence + last.length) {
      if (sequence !== last.sequence) return -1; // An old repetition: nobody waits for its answer.
      return last.base;
    }
    const base = at.log.length;
    at.log.push(...records.map((record) => ({ record, producer })));
    at.last.set(producer, { sequence, length: records.length, base });
    return base;
  }
}

function nameLane({ topic, partition }: Batch): string {
  return `${topic}/${partition}`;
}

export function unavailable(reason: string): PublishError {
  return new PublishError('unavailable', reason, reason);
}
