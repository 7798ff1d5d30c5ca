import type { KafkaRecord, Placement, Spooled } from '../../../src/core/model.js';
import { createBatcher } from '../../../src/kafka/batcher.js';
import type { KafkaClient } from '../../../src/kafka/client.js';
import type { Peers } from '../../../src/storage/spool/peers.js';
import { SharedLanes } from '../../../src/storage/spool/shared-lanes.js';
import { openSpool, type Spool } from '../../../src/storage/spool/spool.js';
import type { Clock } from '../../../src/util/clock.js';
import type { SimulatedDisk } from '../disk.js';
import { type SimulatedKafka, unavailable } from '../kafka.js';
import type { World } from '../world.js';
import type { Process } from './network.js';

const settings = { maxBytes: 100_000, deadLetterTopic: 'webhooks.dlq' };

/** One life of a worker: its parts of the spool, on disks of their own, and what can happen to it. */
export class SimulatedWorker implements Process {
  readonly slot: number;
  readonly life: number;
  /** Kafka does not answer this one. */
  cutOff = false;
  readonly #world: World;
  readonly #kafka: SimulatedKafka;
  /** Its own, then those that it adopts. */
  readonly #disks: readonly SimulatedDisk[];
  #dead = false;
  #frozen = false;
  /** What came meanwhile: messages keep their order among themselves, and so do timers. */
  #messages: (() => void)[] = [];
  #timers: (() => void)[] = [];
  #spools: readonly Spool[] = [];
  /** Who waits for an answer, and hears when the connection breaks. */
  readonly #clients = new Set<(error: Error) => void>();

  constructor(
    place: { readonly slot: number; readonly life: number },
    world: World,
    kafka: SimulatedKafka,
    disks: readonly SimulatedDisk[],
  ) {
    this.slot = place.slot;
    this.life = place.life;
    this.#world = world;
    this.#kafka = kafka;
    this.#disks = disks;
  }

  get ready(): boolean {
    return !this.#dead && this.#spools.length > 0;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** True when all is in Kafka and it says so. */
  get atRest(): boolean {
    const lanes = this.#spools.flatMap((spool) => spool.status().lanes);
    return lanes.every(({ open, spooled }) => open && spooled === 0);
  }

  async start(peers: Peers, topics: readonly string[]): Promise<void> {
    const clock = this.#clock();
    const lanes = new SharedLanes(peers, clock);
    const batcher = createBatcher(this.#client(), clock, (call) => clock.after(0, call));
    const common = { ...settings, clock, log: () => undefined, retake: async () => undefined };
    const spools = await Promise.all(
      this.#disks.map((disk, index) =>
        openSpool(batcher, {
          ...common,
          folder: '/spool',
          files: disk.mount(),
          topics: index === 0 ? topics : [],
          shared: { lanes, own: index === 0 },
        }),
      ),
    );
    await lanes.start();
    this.#spools = spools;
  }

  /** A request arrives; what becomes of it. A process that is dead answers nothing: its connections break. */
  publish(record: KafkaRecord): Promise<Placement | Spooled> {
    const [own] = this.#spools;
    if (this.#dead || own === undefined) return Promise.reject(new Error('connection refused'));
    return new Promise<Placement | Spooled>((resolve, reject) => {
      this.#clients.add(reject);
      const answer = (settle: () => void) => {
        if (this.#clients.delete(reject)) settle();
      };
      this.#ring(() =>
        own.publish(record).then(
          (placement) => answer(() => resolve(placement)),
          (error: Error) => answer(() => reject(error)),
        ),
      );
    });
  }

  wake(call: () => void): void {
    if (this.#dead) return;
    if (this.#frozen) this.#messages.push(call);
    else call();
  }

  /** SIGSTOP. */
  freeze(): void {
    this.#frozen = true;
  }

  /** SIGCONT: it finds timers, requests and messages in any order. */
  thaw(): void {
    this.#frozen = false;
    while (!this.#dead && this.#messages.length + this.#timers.length > 0) {
      const queue = this.#world.dice.chance(0.5) ? this.#messages : this.#timers;
      queue.shift()?.();
    }
  }

  kill(power: boolean): void {
    this.#dead = true;
    for (const hangUp of this.#clients) hangUp(new Error('connection reset'));
    this.#clients.clear();
    for (const disk of this.#disks) {
      if (power) disk.cutPower();
      else disk.kill();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#spools.map((spool) => spool.close()));
    this.#dead = true;
  }

  #ring(call: () => void): void {
    if (this.#dead) return;
    if (this.#frozen) this.#timers.push(call);
    else call();
  }

  #clock(): Clock {
    const world = this.#world;
    return {
      now: () => world.now(),
      date: () => world.date(),
      after: (milliseconds, call) => {
        let cancelled = false;
        world.after(milliseconds, () => this.#ring(() => (cancelled ? undefined : call())));
        return () => {
          cancelled = true;
        };
      },
    };
  }

  #client(): KafkaClient {
    const client = this.#kafka.connect(() => !this.#dead);
    return {
      ...client,
      ready: () => !this.cutOff && client.ready(),
      send: async (batches) => {
        if (!this.cutOff) return client.send(batches);
        await this.#world.pause(20);
        return batches.map(() => unavailable('ECONNREFUSED'));
      },
    };
  }
}
