import type { Log } from '../../src/util/log.js';
import { seedChance } from './chance.js';
import { SimulatedDisk } from './disk.js';
import { DiskFaults } from './disk-faults.js';
import { EmbeddedSchedule } from './embedded-schedule.js';
import { type End, Ledger } from './events.js';
import { Host } from './host.js';
import { judge } from './judge.js';
import { SimulatedKafka } from './kafka.js';
import { LaneWatch } from './lane-watch.js';
import { readParked } from './parked.js';
import { Providers, topics } from './providers.js';
import { noCounts, type Verdict } from './report.js';
import { promiseTurn, World } from './world.js';

/** Milliseconds for which a published event is known at least: short, so that slices come and go. */
const window = 40_000;
const steps = 120;
/** One seed in so many is one of the embedded log. */
const embeddedEvery = 8;
/** Milliseconds within which all is well again once nothing fails any more, and for which it is watched then. */
const healing = 20_000;
const watching = 2_500;

/**
 * One schedule, all of it drawn from the seed: providers that send again what got no 200, and some of what did, a Kafka in
 * trouble, a disk that fails and whose files are damaged, crashes and restarts, outage or not; in the end everything heals.
 * Then every promise is looked at.
 */
export async function runSchedule(seed: number): Promise<Verdict> {
  const endOfSeed = seedChance(seed);
  try {
    return await (seed % embeddedEvery === 0 ? new EmbeddedSchedule(seed) : new Schedule(seed)).run();
  } finally {
    endOfSeed();
  }
}

class Schedule {
  readonly #seed: number;
  readonly #world: World;
  readonly #disk: SimulatedDisk;
  readonly #kafka: SimulatedKafka;
  readonly #ledger = new Ledger(window);
  readonly #faults: DiskFaults;
  readonly #watch: LaneWatch;
  readonly #host: Host;
  readonly #providers: Providers;
  readonly #acts: readonly (() => void)[];
  /** How likely a crash is at each step. */
  readonly #crashes: number;
  readonly #broken: string[] = [];

  constructor(seed: number) {
    this.#seed = seed;
    const world = new World(seed, promiseTurn);
    const { dice } = world;
    const disk = new SimulatedDisk(world);
    const kafka = new SimulatedKafka(world);
    const faults = new DiskFaults(world, disk, this.#ledger);
    this.#watch = new LaneWatch(world, kafka, faults);
    const log: Log = (...said) => this.#watch.hear(...said);
    const onEnd = (life: number, how: End) => this.#endLife(life, how);
    const host = new Host({ world, disk, kafka, window, topics, log, retake: faults.retake, onEnd });
    const providers = new Providers(world, this.#ledger, host);
    this.#crashes = dice.chance(0.5) ? 0.01 : 0;
    disk.beforeAppend = () => {
      if (dice.chance(this.#crashes / 5)) this.#crash();
    };
    const send = () => providers.send();
    const repeat = () => providers.repeat();
    this.#acts = [
      ...Array<() => void>(12).fill(send),
      ...Array<() => void>(4).fill(repeat),
      () => {
        for (let burst = dice.below(30); burst > 0; burst--) send();
      },
      () => {
        kafka.trouble = dice.pick([0, 0.1, 0.5]);
      },
      () => {
        kafka.away = dice.chance(0.5);
      },
      ...[faults.fill, faults.forbid, faults.failSyncs, faults.failReads],
      () => {
        const { life } = host;
        if (host.takes) faults.takeSpoolAway(() => host.life === life);
      },
      () => {
        // What is only in files that were deleted would go with the process.
        if (dice.chance(0.2) && !disk.isForbidden && !faults.fragile) host.stop();
      },
    ];
    this.#world = world;
    this.#disk = disk;
    this.#kafka = kafka;
    this.#faults = faults;
    this.#host = host;
    this.#providers = providers;
  }

  async run(): Promise<Verdict> {
    const { dice } = this.#world;
    this.#host.start();
    await this.#world.run(() => this.#host.gateway !== undefined, 10_000);
    for (let step = 0; step < steps; step++) {
      dice.pick(this.#acts)();
      if (this.#host.takes && dice.chance(this.#crashes)) this.#crash();
      await this.#pass(dice.below(dice.chance(0.1) ? 3_000 : 60));
    }
    this.#kafka.trouble = 0;
    this.#kafka.away = false;
    this.#faults.heal();
    await this.#heal();
    if (dice.chance(0.5)) await this.#restart();
    return this.#judge();
  }

  #crash(): void {
    if (this.#faults.fragile || !this.#host.running) return;
    this.#host.crash(this.#world.dice.chance(0.5));
  }

  #endLife(life: number, how: End): void {
    this.#faults.noteFull();
    this.#ledger.endLife(life, this.#world.now(), how);
    this.#kafka.endLife(how, !this.#faults.disturbed);
    this.#faults.endLife();
    this.#providers.forget();
  }

  /** Lets so many milliseconds pass; a process that has ended is started again some time later. */
  async #pass(milliseconds: number): Promise<void> {
    const end = this.#world.now() + milliseconds;
    while (await this.#world.run(() => !this.#host.running, end)) await this.#startLater();
  }

  async #startLater(): Promise<void> {
    await this.#world.run(() => false, this.#world.now() + this.#world.dice.below(2_000));
    this.#faults.damageFiles();
    this.#host.start();
  }

  /** Nothing fails any more: soon nobody waits, and nothing is left to send. */
  async #heal(): Promise<void> {
    const end = this.#world.now() + healing;
    while (this.#world.now() < end && !this.#isQuiet()) await this.#pass(200);
    for (let more = 0; more < 4; more++) this.#providers.send();
    await this.#pass(watching);
    const { gateway } = this.#host;
    if (gateway === undefined) this.#broken.push('nothing fails any more, but no gateway runs');
    else if (!this.#isQuiet()) this.#broken.push(`nothing fails any more, but there is work left: ${this.#tellWork()}`);
    else if (
      !gateway.publisher.ready() ||
      !gateway.dedupe.usable() ||
      gateway.publisher.status().unusable !== undefined
    )
      this.#broken.push('nothing fails any more, but the gateway is not ready');
  }

  #tellWork(): string {
    const { lanes, unusable } = this.#host.gateway?.publisher.status() ?? {};
    const waiting = lanes?.map(({ topic, open, spooled }) => ({ topic, open, spooled }));
    return JSON.stringify({ stopping: this.#host.stopping, unusable, waiting, senders: this.#providers.busy });
  }

  #isQuiet(): boolean {
    const { gateway, stopping } = this.#host;
    if (gateway === undefined || stopping || this.#providers.busy || this.#kafka.writesLate > 0) return false;
    const { lanes, unusable } = gateway.publisher.status();
    return unusable === undefined && lanes.every(({ open, spooled }) => open && spooled === 0);
  }

  /** Once more, so that the window is read from the disk. */
  async #restart(): Promise<void> {
    this.#host.stop();
    await this.#pass(watching);
    await this.#world.run(() => this.#host.gateway !== undefined, this.#world.now() + healing);
    for (let again = 0; again < 20; again++) this.#providers.repeat();
    await this.#heal();
  }

  async #judge(): Promise<Verdict> {
    const { sent, duplicates, late } = this.#providers;
    const parked = new Set(await readParked(this.#world, this.#disk));
    const { broken, ...found } = judge(sent, this.#kafka, {
      parked,
      disk: this.#disk,
      faults: this.#faults,
      doubts: this.#watch.doubts,
    });
    const { crashes, stops } = this.#host;
    const { damages, vanished } = this.#faults;
    const trespasses = this.#disk.trespasses.map((path) => `wrote where it must not: ${path}`);
    return {
      seed: this.#seed,
      counts: {
        ...noCounts,
        ...found,
        duplicates,
        late,
        crashes,
        stops,
        damages,
        vanished,
        resumed: this.#watch.resumed,
      },
      broken: [
        ...new Set([...this.#ledger.broken, ...this.#watch.faults, ...this.#host.faults, ...trespasses]),
        ...this.#broken,
        ...broken,
      ],
    };
  }
}
