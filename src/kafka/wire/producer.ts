import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaRecord, PublishError } from '../../core/model.js';
import type { Attempt, Batch, ProduceResult } from '../client.js';
import type { PartitionAnswer, PartitionBatch, ProducerIdentity } from '../connection/messages.js';
import { describeCode, describeFault, losesSequence, toFault } from '../faults.js';
import type { Numbering } from '../unanswered.js';
import type { Cluster } from './cluster.js';
import type { Encode, Encoded } from './encode.js';

/** Kafka's sequence numbers start again after the largest. */
const largestNumber = 0x7fffffff;
const notIdempotent: ProducerIdentity = { producerId: -1n, epoch: -1 };

interface Lane {
  /** Absent: the next batch takes a new one. */
  identity?: ProducerIdentity | undefined;
  /** Records that were written under this identity. */
  number: number;
  /** What was sent and has no outcome yet; it keeps its bytes, so that Kafka knows it again. */
  pending?: Pending | undefined;
}

interface Pending {
  readonly batch: Batch;
  readonly bytes: Buffer;
  /** Absent where it has no number, or its topic no id. */
  readonly numbering: Numbering | undefined;
  tries: number;
}

/**
 * Writes batches, and numbers them for each partition as an idempotent producer does. A batch whose outcome is unknown is
 * repeated byte for byte: Kafka knows it if it has it. If anything else comes instead, it goes out under a new producer id:
 * under the number of the other, Kafka could take it for a repetition and drop it.
 */
export class Producer {
  readonly #cluster: Cluster;
  readonly #idempotent: boolean;
  readonly #encodeBatch: Encode;
  /** By topic, then by partition. */
  readonly #lanes = new Map<string, Lane[]>();
  /** Node → when it reads again. */
  readonly #throttled = new Map<number, number>();
  /** What may have been written under a number that is given up. */
  readonly #doubtful = new WeakSet<KafkaRecord>();
  #identity: ProducerIdentity | undefined;

  constructor(cluster: Cluster, idempotent: boolean, encode: Encode) {
    this.#cluster = cluster;
    this.#idempotent = idempotent;
    this.#encodeBatch = encode;
  }

  /** Gets a producer id, if there is none yet. */
  async identify(): Promise<void> {
    this.#identity ??= await this.#askIdentity();
  }

  /** One request to the broker that leads all of these partitions. Never rejects. */
  async send(node: number, batches: readonly Batch[]): Promise<readonly ProduceResult[]> {
    try {
      const prepared = await this.#prepare(batches);
      await this.#awaitQuota(node);
      const link = await this.#cluster.link(node);
      for (const batch of batches) this.#countTry(batch);
      const { topics, throttle } = await link.ask((connection) => connection.produce(prepared));
      if (throttle > 0) this.#throttled.set(node, performance.now() + throttle);
      return batches.map((batch) => this.#judge(batch, topics.get(batch.topic)?.[batch.partition]));
    } catch (error) {
      return batches.map((batch) => this.#fail(batch, toFault(error)));
    }
  }

  async #prepare(batches: readonly Batch[]): Promise<PartitionBatch[]> {
    const prepared: PartitionBatch[] = [];
    for (const batch of batches) {
      const lane = this.#findLane(batch);
      if (lane.pending && lane.pending.batch !== batch) this.#restart(lane);
      lane.identity ??= await this.#askIdentity();
      const pending = lane.pending ?? this.#encode(lane, lane.identity, batch);
      // Each turn of the microtasks would count: batches can be small, and many.
      const { bytes } = pending instanceof Promise ? await pending : pending;
      prepared.push({ topic: batch.topic, partition: batch.partition, bytes });
    }
    return prepared;
  }

  /** A request that a broker leaves unread would look like one that it does not answer. */
  async #awaitQuota(node: number): Promise<void> {
    const until = this.#throttled.get(node);
    if (until === undefined) return;
    await delay(Math.max(0, until - performance.now()), undefined, { ref: false });
    this.#throttled.delete(node);
  }

  #findLane({ topic, partition }: Batch): Lane {
    let lanes = this.#lanes.get(topic);
    if (!lanes) {
      lanes = [];
      this.#lanes.set(topic, lanes);
    }
    const lane = lanes[partition] ?? { identity: this.#identity, number: 0 };
    lanes[partition] = lane;
    return lane;
  }

  #encode(lane: Lane, identity: ProducerIdentity, batch: Batch): Pending | Promise<Pending> {
    const sequence = { ...identity, number: this.#idempotent ? lane.number : -1 };
    const timestamp = Date.now();
    const encoded = this.#encodeBatch(batch, batch.bytes, sequence, timestamp);
    const keep = ({ bytes, checksum }: Encoded) => {
      const topicId = this.#idempotent ? this.#cluster.topicId(batch.topic) : undefined;
      const numbering = topicId === undefined ? undefined : { topicId, ...sequence, timestamp, checksum };
      lane.pending = { batch, bytes, numbering, tries: 0 };
      return lane.pending;
    };
    return encoded instanceof Promise ? encoded.then(keep) : keep(encoded);
  }

  /** See `KafkaClient.trace`. What was sent while the topic was another may be in either. */
  trace(batch: Batch): Attempt {
    const { pending } = this.#findLane(batch);
    if (batch.records.some((record) => this.#doubtful.has(record))) return 'unknown';
    if (pending?.batch !== batch || pending.tries === 0) return 'unsent';
    const { numbering } = pending;
    return numbering?.topicId === this.#cluster.topicId(batch.topic) ? (numbering ?? 'unknown') : 'unknown';
  }

  #countTry(batch: Batch): void {
    const { pending } = this.#findLane(batch);
    if (pending) pending.tries++;
  }

  #judge(batch: Batch, answer: PartitionAnswer | undefined): ProduceResult {
    if (answer === undefined) return this.#fail(batch, describeFault('UNEXPECTED', 'a broker said nothing of a batch'));
    if (answer.code !== 0) return this.#fail(batch, describeCode(answer.code, batch.topic));
    const lane = this.#findLane(batch);
    lane.pending = undefined;
    lane.number = (lane.number + batch.records.length) & largestNumber;
    return answer.offset;
  }

  #fail(batch: Batch, fault: PublishError): PublishError {
    const lane = this.#findLane(batch);
    if (losesSequence(fault)) this.#restart(lane);
    else if (fault.kind === 'refused') {
      // An earlier try may have been written all the same.
      if ((lane.pending?.tries ?? 0) > 1) this.#restart(lane);
      lane.pending = undefined;
    }
    return fault;
  }

  #restart(lane: Lane): void {
    for (const record of lane.pending?.batch.records ?? []) this.#doubtful.add(record);
    lane.identity = undefined;
    lane.number = 0;
    lane.pending = undefined;
  }

  async #askIdentity(): Promise<ProducerIdentity> {
    return this.#idempotent ? this.#cluster.ask((connection) => connection.identify()) : notIdempotent;
  }
}
