import type { Log } from '../../src/util/log.js';
import type { DiskFaults } from './disk-faults.js';
import type { SimulatedKafka } from './kafka.js';
import type { World } from './world.js';

/** What the log says of files that can't be read. */
const damage = /damaged|set aside|missing|cannot be read/;

/** What says that something may be written twice. */
const doubt = /Kafka may have it twice|^what is in flight cannot be noted|^the spool cannot be (cleared|used:)/;

/**
 * Hears what the spool says of its lanes. One may open only when there is a reason to: Kafka is there, or has answered
 * something since the lane closed. Else senders would wait for a Kafka of which it was known that it doesn't answer.
 */
export class LaneWatch {
  readonly faults: string[] = [];
  /** Records that went on under their numbers after a stop. */
  resumed = 0;
  /** When it was said that something may be sent twice. */
  readonly doubts: number[] = [];
  readonly #world: World;
  readonly #kafka: SimulatedKafka;
  readonly #faultsOfDisk: DiskFaults;
  readonly #closedAt = new Map<string, number>();

  constructor(world: World, kafka: SimulatedKafka, faults: DiskFaults) {
    this.#world = world;
    this.#kafka = kafka;
    this.#faultsOfDisk = faults;
  }

  readonly hear: Log = (level, message, fields) => {
    if (this.#faultsOfDisk.damages > 0 && level === 'error' && damage.test(message)) this.#faultsOfDisk.reported = true;
    const topic = String(fields.topic);
    if (message.startsWith('lane closed') || message.startsWith('records of a former process')) {
      this.#closedAt.set(topic, this.#world.now());
    } else if (message.startsWith('lane open') && this.#kafka.away) {
      const closedAt = this.#closedAt.get(topic) ?? 0;
      if (this.#kafka.answeredAt(topic) < closedAt)
        this.faults.push(`the lane of ${topic} opened although Kafka was away`);
    } else if (message.startsWith('what a former process had in flight is in Kafka')) {
      this.resumed += Number(fields.records);
    } else if (doubt.test(message)) {
      this.doubts.push(this.#world.now());
    } else if (message.startsWith('a spooled record cannot be read') && this.#faultsOfDisk.damages === 0) {
      this.faults.push(`lost on disk: ${JSON.stringify(fields)}`);
    }
  };
}
