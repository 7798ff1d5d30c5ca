import { crc32 } from 'node:zlib';
import { type KafkaRecord, PublishError } from '../../src/core/model.js';
import type { Batch, KafkaClient, ProduceResult } from '../../src/kafka/client.js';
import type { Numbering } from '../../src/kafka/unanswered.js';
import type { End } from './events.js';
import type { World } from './world.js';

const partitions = 2;
/** Milliseconds within which a process notes what Kafka has acknowledged. */
const noting = 200;

export interface Written {
  readonly record: KafkaRecord;
  /** The producer that wrote it. */
  readonly producer: number;
}

type Records = Pick<Batch, 'topic' | 'partition' | 'records'>;

interface NumberedBatch {
  readonly batch: Records;
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
  /** Producer → how its process has ended, and whether its disk did all that it was told. */
  readonly #ends = new Map<number, { readonly how: End; readonly at: number; readonly calm: boolean }>();
  /** Event → when a producer heard that it is written. */
  readonly #heard = new Map<string, { readonly producer: number; readonly at: number }>();
  /** Batches that will be written although their senders were told otherwise. */
  writesLate = 0;
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

  /** The process of the last producer has ended. `calm`: its disk did all that it was told. */
  endLife(how: End, calm: boolean): void {
    this.#ends.set(this.#producers, { how, at: this.#world.now(), calm });
  }

  /** Whether the process of a producer from `first` to `last` has crashed. */
  crashedWithin(first: number, last: number): boolean {
    return [...this.#ends].some(([producer, { how }]) => producer >= first && producer <= last && how !== 'close');
  }

  /**
   * Whether another process had heard long before its end that Kafka has the event, and nothing kept it from noting that: no
   * power cut, no fault of the disk.
   */
  wasSettled(id: string, producer: number): boolean {
    const heard = this.#heard.get(id);
    if (heard === undefined || producer <= heard.producer) return false;
    const ends = [...this.#ends].filter(([other]) => other >= heard.producer && other < producer);
    const own = this.#ends.get(heard.producer);
    if (own === undefined || own.at - heard.at < noting) return false;
    return ends.every(([, { how, calm }]) => how !== 'power cut' && calm);
  }

  /** A producer with an id of its own; a dead process sends nothing more and hears nothing more. Less careful than the real one, it gives the number of a failed batch to the next one. */
  connect(alive: () => boolean): KafkaClient {
    const producer = ++this.#producers;
    const sequences = new Map<string, number>();
    /** Sent, and without an outcome that says more than that Kafka is unavailable. */
    const unanswered = new Map<Batch, Numbering>();
    let close = () => {};
    let closed = false;
    const closing = new Promise<void>((resolve) => {
      close = resolve;
    });
    const isClosed = () => closed;
    /** What is under way when the client closes has no answer, whatever becomes of it. */
    const ask = (by: number, batches: readonly NumberedBatch[]) =>
      Promise.race([
        this.#request(by, batches, isClosed),
        closing.then(() => batches.map(() => unavailable('CLOSED'))),
      ]);
    return {
      connect: async () => undefined,
      ready: () => !this.away,
      partitions: (topic) => (this.#world.dice.chance(this.trouble) ? this.#ask(topic) : partitions),
      // Two brokers; the leader isn't always known.
      leader: (_topic, partition) => (this.#world.dice.chance(this.trouble) ? undefined : partition % 2),
      send: async (batches) => {
        const numbered = batches.map((batch) => ({ batch, sequence: sequences.get(nameLane(batch)) ?? 0 }));
        if (!alive()) return new Promise<never>(() => {});
        if (!closed) {
          for (const { batch, sequence } of numbered) unanswered.set(batch, numberingOf(producer, sequence, batch));
        }
        const outcomes = await ask(producer, numbered);
        if (!alive()) return new Promise<never>(() => {});
        for (const [index, { batch, sequence }] of numbered.entries()) {
          const outcome = outcomes[index];
          if (outcome instanceof PublishError && outcome.kind === 'unavailable') continue;
          unanswered.delete(batch);
          this.#answered.set(batch.topic, this.#world.now());
          if (typeof outcome !== 'bigint') continue;
          sequences.set(nameLane(batch), sequence + batch.records.length);
          this.#hear(producer, batch);
        }
        return outcomes;
      },
      trace: (batch) => unanswered.get(batch) ?? 'unsent',
      resume: async ({ numbering, ...batch }) => {
        if (numberingOf(0, 0, batch).checksum !== numbering.checksum)
          return new PublishError('refused', 'NUMBER_LOST', '');
        if (!alive()) return new Promise<never>(() => {});
        const by = Number(numbering.producerId);
        const [outcome = unavailable('CLOSED')] = await ask(by, [{ batch, sequence: numbering.number }]);
        if (!alive()) return new Promise<never>(() => {});
        if (typeof outcome === 'bigint') this.#answered.set(batch.topic, this.#world.now());
        return outcome;
      },
      close: async () => {
        closed = true;
        close();
      },
    };
  }

  #hear(producer: number, { records }: Batch): void {
    for (const { headers } of records) {
      const id = headers.ce_id ?? '';
      if (!this.#heard.has(id)) this.#heard.set(id, { producer, at: this.#world.now() });
    }
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
  ): Promise<readonly ProduceResult[]> {
    const { dice } = this.#world;
    await this.#world.pause(1 + dice.below(5));
    if (closed() || this.away) return batches.map(() => unavailable('ECONNREFUSED'));
    const outcomes = batches.map((batch) => this.#take(producer, batch));
    if (!dice.chance(this.trouble)) return outcomes;
    const kind = dice.pick(['slow', 'lost answer', 'hung']);
    await this.#world.pause(kind === 'hung' ? 5_000 : dice.below(3_000));
    return kind === 'slow' ? outcomes : batches.map(() => unavailable('REQUEST_TIMEOUT'));
  }

  #take(producer: number, { batch, sequence }: NumberedBatch): ProduceResult {
    const { dice } = this.#world;
    if (batch.records.some(({ headers }) => headers.big))
      return new PublishError('refused', 'MESSAGE_TOO_LARGE', 'too large');
    if (!dice.chance(this.trouble)) return BigInt(this.#write(producer, sequence, batch));
    const kind = dice.pick(['written', 'not written', 'written late']);
    if (kind === 'written') this.#write(producer, sequence, batch);
    if (kind === 'written late') {
      this.writesLate++;
      this.#world.after(dice.below(8_000), () => {
        this.writesLate--;
        this.#write(producer, sequence, batch);
      });
    }
    return unavailable(kind === 'not written' ? 'NOT_LEADER_OR_FOLLOWER' : 'REQUEST_TIMED_OUT');
  }

  #write(producer: number, sequence: number, { topic, partition, records }: Records): number {
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

function numberingOf(producer: number, number: number, { topic, records }: Records): Numbering {
  const checksum = crc32(JSON.stringify(records));
  return { topicId: topic, producerId: BigInt(producer), epoch: 0, number, timestamp: 0, checksum };
}

function nameLane({ topic, partition }: Records): string {
  return `${topic}/${partition}`;
}

export function unavailable(reason: string): PublishError {
  return new PublishError('unavailable', reason, reason);
}
