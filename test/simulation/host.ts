import type { Clock } from '../../src/util/clock.js';
import type { Log } from '../../src/util/log.js';
import type { SimulatedDisk } from './disk.js';
import type { End } from './events.js';
import { openGateway, type SimulatedGateway } from './gateway.js';
import type { SimulatedKafka } from './kafka.js';
import type { World } from './world.js';

/** Milliseconds that a graceful stop may take: two for what Kafka has not acknowledged, and slow disks. */
const longestStop = 20_000;

export interface HostOptions {
  readonly world: World;
  readonly disk: SimulatedDisk;
  readonly kafka: SimulatedKafka;
  /** Milliseconds for which a published event is known at least. */
  readonly window: number;
  readonly topics: readonly string[];
  readonly log: Log;
  readonly retake: () => Promise<void>;
  /** A process has ended. */
  readonly onEnd: (life: number, how: End) => void;
}

/** Runs one process of the gateway after another. */
export class Host {
  gateway: SimulatedGateway | undefined;
  /** Number of the process that runs, or was the last one. */
  life = 0;
  stops = 0;
  crashes = 0;
  /** What a process did that it must not. */
  readonly faults: string[] = [];
  readonly #options: HostOptions;
  #running = false;
  #stopping = false;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** Whether there is anybody who takes a webhook. */
  get takes(): boolean {
    return this.gateway !== undefined && !this.#stopping;
  }

  get running(): boolean {
    return this.#running;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  /** A process that dies meanwhile starts no gateway. */
  start(): void {
    const life = ++this.life;
    this.#running = true;
    this.#open(life).then(
      (opened) => {
        if (life === this.life) this.gateway = opened;
      },
      () => {
        if (life === this.life) this.crash(false);
      },
    );
  }

  #open(life: number): Promise<SimulatedGateway> {
    const { disk, kafka, window, topics, log, retake } = this.#options;
    const client = kafka.connect(() => life === this.life);
    return openGateway(client, disk, { clock: this.#clockOf(life), window, topics, log, retake });
  }

  /** The timers of a dead process never ring. */
  #clockOf(life: number): Clock {
    const { world } = this.#options;
    return {
      now: () => world.now(),
      date: () => world.date(),
      after: (milliseconds, call) => world.after(milliseconds, () => (life === this.life ? call() : undefined)),
    };
  }

  crash(power: boolean): void {
    const { disk } = this.#options;
    this.crashes++;
    this.#end(power ? 'power cut' : 'kill');
    if (power) disk.cutPower();
    else disk.kill();
  }

  /** SIGTERM: no more webhooks, then all that was promised is made safe. */
  stop(): void {
    const { gateway, life } = this;
    if (gateway === undefined || this.#stopping) return;
    this.#stopping = true;
    this.stops++;
    const { world } = this.#options;
    const tooLate = world.after(longestStop, () => {
      if (life !== this.life || !this.#stopping) return;
      this.faults.push('a graceful stop does not end');
      this.crash(false);
    });
    gateway.publisher
      .close()
      .then(() => gateway.dedupe.close())
      .then(
        () => this.#endAfterStop(life, 'close'),
        // The disk has failed: nothing was promised that the next process does not find.
        () => this.#endAfterStop(life, 'kill'),
      )
      .finally(tooLate);
  }

  #endAfterStop(life: number, how: End): void {
    if (life === this.life) this.#end(how);
  }

  #end(how: End): void {
    this.#options.onEnd(this.life, how);
    this.gateway = undefined;
    this.#running = false;
    this.#stopping = false;
    this.life++;
  }
}
