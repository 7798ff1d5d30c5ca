import { SimulatedDisk } from '../disk.js';
import { SimulatedKafka } from '../kafka.js';
import { World } from '../world.js';
import { Network, type Tampering } from './network.js';
import { Senders } from './senders.js';
import { SimulatedWorker } from './worker.js';

const topics = ['orders', 'refunds'];
const serialSenders = 6;
/** Milliseconds after which the primary kills a worker without a word. */
const silenceLimit = 10_000;
/** Milliseconds that requests have at a stop. */
const drain = 6_000;

export interface OrderVerdict {
  readonly seed: number;
  readonly answered: number;
  readonly broken: readonly string[];
}

/**
 * One schedule of a gateway with 1 to 4 workers, all of it drawn from the seed: senders that wait for each answer and go to any
 * worker with the next event, a Kafka that is away for all or for one, workers that are killed or frozen, slow messages between
 * processes, power cuts and restarts with another number of workers. In the end everything heals.
 */
export async function runOrderSchedule(seed: number, tampering: Tampering = {}): Promise<OrderVerdict> {
  const world = new World(seed);
  const { dice } = world;
  const kafka = new SimulatedKafka(world);
  const disks: SimulatedDisk[] = [];
  const gateway = new Gateway(world, kafka, disks, tampering);
  const senders = new Senders(world, () => gateway.pick());
  const rest = (milliseconds: number) => world.run(() => false, world.now() + milliseconds);

  const acts: readonly (() => void | Promise<void>)[] = [
    ...Array<() => void>(6).fill(() => senders.burst(dice.pick(topics))),
    ...Array<() => void>(3).fill(() => {
      kafka.away = dice.chance(0.5);
    }),
    () => {
      kafka.trouble = dice.pick([0, 0, 0.1, 0.5]);
    },
    () => gateway.cutOff(dice.chance(0.5)),
    () => gateway.kill(),
    () => gateway.freeze(dice.below(dice.chance(0.3) ? 15_000 : 1_500)),
    () => gateway.delay(dice.pick([1, 3, 30, 300])),
    async () => {
      if (dice.chance(0.7)) return;
      if (dice.chance(0.5)) gateway.crash();
      else await gateway.stop(() => senders.open === 0);
      await rest(dice.below(1_000));
      gateway.start();
    },
  ];

  gateway.start();
  for (let n = 0; n < serialSenders; n++) void senders.runSerial(dice.pick(topics), `key ${n}`);
  const steps = 20 + dice.below(60);
  for (let step = 0; step < steps; step++) {
    await dice.pick(acts)();
    await rest(dice.below(dice.chance(0.2) ? 4_000 : 300));
  }
  kafka.away = false;
  kafka.trouble = 0;
  gateway.cutOff(false);
  gateway.delay(3);
  await rest(5_000);
  senders.stopped = true;
  const healed = await world.run(() => senders.open === 0 && gateway.atRest, world.now() + 90_000);
  const broken = [...senders.judge(kafka), ...(healed ? [] : ['it does not open again'])];
  return { seed, answered: senders.answered, broken };
}

/** The primary and its workers. */
class Gateway {
  readonly #world: World;
  readonly #kafka: SimulatedKafka;
  readonly #disks: SimulatedDisk[];
  readonly #tampering: Tampering;
  #network: Network | undefined;
  #workers: (SimulatedWorker | undefined)[] = [];
  #lives = 0;
  #stopping = true;
  #cut = false;
  #size = 0;
  /** Since all was in Kafka the last time, the number of workers has changed. */
  #resized = false;

  constructor(world: World, kafka: SimulatedKafka, disks: SimulatedDisk[], tampering: Tampering) {
    this.#world = world;
    this.#kafka = kafka;
    this.#disks = disks;
    this.#tampering = tampering;
  }

  get atRest(): boolean {
    return this.#workers.every((worker) => worker?.ready && worker.atRest);
  }

  /** Any worker that takes requests. */
  pick(): SimulatedWorker | undefined {
    if (this.#stopping) return undefined;
    const ready = this.#workers.filter((worker) => worker?.ready);
    return ready.length === 0 ? undefined : this.#world.dice.pick(ready);
  }

  start(): void {
    const drawn = 1 + this.#world.dice.below(4);
    const size = this.#resized ? this.#size : drawn;
    this.#resized ||= this.#size > 0 && size !== this.#size;
    this.#size = size;
    while (this.#disks.length < size) this.#disks.push(new SimulatedDisk(this.#world));
    const network = new Network(this.#world, size, this.#tampering);
    this.#network = network;
    this.#workers = Array.from({ length: size });
    this.#stopping = false;
    for (let slot = 0; slot < size; slot++) this.#fork(network, slot);
  }

  delay(slowness: number): void {
    if (this.#network) this.#network.slowness = slowness;
  }

  cutOff(cut: boolean): void {
    this.#cut = cut;
    const worker = this.pick();
    for (const each of this.#workers) if (each && (!cut || each === worker)) each.cutOff = cut;
  }

  kill(worker = this.pick()): void {
    if (worker === undefined || worker.dead) return;
    const network = this.#network;
    worker.kill(false);
    network?.end(worker);
    const pause = this.#world.dice.below(this.#world.dice.chance(0.1) ? 20_000 : 3_000);
    this.#world.after(pause, () => this.#replace(worker, network));
  }

  freeze(milliseconds: number): void {
    const worker = this.pick();
    if (worker === undefined) return;
    worker.freeze();
    if (milliseconds > silenceLimit) this.#world.after(silenceLimit, () => this.kill(worker));
    else this.#world.after(milliseconds, () => worker.thaw());
  }

  /** Everything ends at once. */
  crash(): void {
    const power = this.#world.dice.chance(0.5);
    this.#stopping = true;
    this.#resized &&= !this.atRest;
    this.#network = undefined;
    for (const worker of this.#workers) if (worker && !worker.dead) worker.kill(power);
  }

  /** No worker lets go of its stores before none takes requests any more. */
  async stop(quiet: () => boolean): Promise<void> {
    const world = this.#world;
    this.#stopping = true;
    await world.run(quiet, world.now() + drain);
    this.#resized &&= !this.atRest;
    let closed = false;
    const closing = this.#workers.map((worker) => (worker?.ready ? worker.close() : undefined));
    void Promise.all(closing).then(() => {
      closed = true;
    });
    await world.run(() => closed, world.now() + 10_000);
    this.#network = undefined;
    for (const worker of this.#workers) if (worker && !worker.dead) worker.kill(false);
  }

  #replace(former: SimulatedWorker, network: Network | undefined): void {
    if (network === undefined || this.#network !== network || this.#workers[former.slot] !== former) return;
    if (network.has(former.slot)) this.#world.after(100, () => this.#replace(former, network));
    else this.#fork(network, former.slot);
  }

  #fork(network: Network, slot: number): void {
    const size = this.#workers.length;
    const adopted = slot === 0 ? this.#disks.slice(size) : [];
    const disks = [this.#disks[slot] ?? new SimulatedDisk(this.#world), ...adopted];
    const worker = new SimulatedWorker({ slot, life: ++this.#lives }, this.#world, this.#kafka, disks);
    worker.cutOff = this.#cut && this.#world.dice.chance(0.3);
    this.#workers[slot] = worker;
    const peers = network.start(worker, size);
    this.#world.after(this.#world.dice.below(500), () => {
      if (!worker.dead) void worker.start(peers, topics);
    });
  }
}
