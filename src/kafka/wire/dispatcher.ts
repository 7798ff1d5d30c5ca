import type { Batch, ProduceResult } from '../client.js';
import { describeCode, describeFault, toFault } from '../faults.js';
import type { Cluster } from './cluster.js';
import type { Producer } from './producer.js';

/** Brings each batch to the broker that leads its partition now. */
export class Dispatcher {
  readonly #cluster: Cluster;
  readonly #producer: Producer;
  /** Topic → Kafka's error code, of those that it can't describe. */
  #learning: Promise<Map<string, number>> | undefined;

  constructor(cluster: Cluster, producer: Producer) {
    this.#cluster = cluster;
    this.#producer = producer;
  }

  /** One request for each leader: it may be another than when the caller asked. Never rejects. */
  async send(batches: readonly Batch[]): Promise<readonly ProduceResult[]> {
    const outcomes = new Map<Batch, ProduceResult>();
    const groups = await this.#groupByLeader(batches, outcomes);
    await Promise.all([...groups].map(([leader, group]) => this.#sendTo(leader, group, outcomes)));
    return batches.map((batch) => outcomes.get(batch) ?? describeFault('UNEXPECTED', 'a batch has no outcome'));
  }

  async #groupByLeader(batches: readonly Batch[], outcomes: Map<Batch, ProduceResult>): Promise<Map<number, Batch[]>> {
    const groups = new Map<number, Batch[]>();
    for (const batch of batches) {
      try {
        const leader = this.#cluster.leader(batch.topic, batch.partition) ?? (await this.#findLeader(batch));
        const group = groups.get(leader);
        if (group) group.push(batch);
        else groups.set(leader, [batch]);
      } catch (error) {
        outcomes.set(batch, toFault(error));
      }
    }
    return groups;
  }

  async #sendTo(leader: number, batches: readonly Batch[], outcomes: Map<Batch, ProduceResult>): Promise<void> {
    const results = await this.#producer.send(leader, batches);
    for (const [index, outcome] of results.entries()) {
      const batch = batches[index];
      if (batch) outcomes.set(batch, outcome);
    }
  }

  /** One question at a time, for all whose leader is not known. */
  async #findLeader({ topic, partition }: Batch): Promise<number> {
    this.#learning ??= this.#cluster.learn([...new Set([topic, ...this.#cluster.vagueTopics])]).finally(() => {
      this.#learning = undefined;
    });
    const faults = await this.#learning;
    const leader = this.#cluster.leader(topic, partition);
    if (leader !== undefined) return leader;
    const code = faults.get(topic);
    throw code === undefined ? describeFault('LEADER_NOT_AVAILABLE', 'no leader') : describeCode(code, topic);
  }
}
