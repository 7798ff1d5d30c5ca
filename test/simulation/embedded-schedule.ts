import type { Placement, Publisher } from '../../src/core/model.js';
import type { StoredRecord } from '../../src/publish/read.js';
import type { Files } from '../../src/storage/disk/files.js';
import { openEmbedded } from '../../src/storage/embedded/publisher.js';
import { readEmbedded } from '../../src/storage/embedded/read.js';
import type { Clock } from '../../src/util/clock.js';
import type { Log } from '../../src/util/log.js';
import { SimulatedDisk } from './disk.js';
import { noCounts, type Verdict } from './report.js';
import { eventLoopTurn, World } from './world.js';

const settings = { kind: 'embedded', dir: '/log' } as const;
const topics = ['orders', 'refunds'];
const senders = 3;
const recovering = 5_000;

/**
 * One schedule of the embedded log: senders that wait for each answer, a disk that fails, kills, power cuts and stops, a volume
 * that is unmounted, damage between two processes. Whatever was acknowledged has to be where it was said to be.
 */
export class EmbeddedSchedule {
  readonly #seed: number;
  readonly #world: World;
  readonly #disk: SimulatedDisk;
  /** Value → where it was said to be. */
  readonly #acked = new Map<string, Placement>();
  readonly #broken: string[] = [];
  readonly #counts = { crashes: 0, stops: 0, damages: 0, vanished: 0 };
  #life = 0;
  #sent = 0;
  #away = false;
  #reported = false;
  readonly #log: Log = (level, message) => {
    if (level !== 'info' && /damaged|set aside|cannot be read/.test(message)) this.#reported = true;
  };

  constructor(seed: number) {
    this.#seed = seed;
    this.#world = new World(seed, eventLoopTurn);
    this.#disk = new SimulatedDisk(this.#world);
    this.#disk.tornSectors = this.#world.dice.chance(0.5);
  }

  async run(): Promise<Verdict> {
    const { dice } = this.#world;
    for (let lives = 1 + dice.below(4); lives > 0; lives--) await this.#live();
    await this.#judge();
    const counts = { ...noCounts, ...this.#counts, acknowledged: this.#acked.size };
    return { seed: this.#seed, counts, broken: this.#broken };
  }

  async #live(): Promise<void> {
    const { dice } = this.#world;
    const publisher = await this.#open();
    for (let sender = 0; sender < senders; sender++) void this.#send(publisher, sender, this.#life);
    for (let steps = 2 + dice.below(10); steps > 0; steps--) {
      this.#act();
      await this.#pass(dice.below(dice.chance(0.2) ? 1_500 : 40));
    }
    await this.#end(publisher);
    this.#heal();
    if (dice.chance(0.1)) this.#damage();
  }

  #act(): void {
    const { dice } = this.#world;
    const disk = this.#disk;
    const acts = [
      () => {
        disk.full = dice.chance(0.5);
      },
      () => {
        disk.readOnly = dice.chance(0.3);
      },
      () => {
        disk.failingSyncs = dice.below(3);
      },
      () => {
        disk.failingReads = dice.below(2);
      },
      () => this.#unmount(),
      () => undefined,
    ];
    dice.pick(acts)();
  }

  #unmount(): void {
    if (this.#away) return;
    this.#away = true;
    this.#counts.vanished++;
    this.#disk.vanish('/log');
    this.#disk.forbid('/log');
    const life = this.#life;
    this.#world.after(this.#world.dice.below(2_000), () => {
      if (life === this.#life) this.#mount();
    });
  }

  #mount(): void {
    if (!this.#away) return;
    this.#away = false;
    this.#disk.comeBack('/log');
    this.#disk.forbid(undefined);
  }

  #heal(): void {
    this.#mount();
    this.#disk.full = false;
    this.#disk.readOnly = false;
    this.#disk.failingSyncs = 0;
    this.#disk.failingReads = 0;
  }

  async #end(publisher: Publisher<Placement>): Promise<void> {
    const how = this.#world.dice.pick(['kill', 'power cut', 'close']);
    if (how === 'close') {
      this.#counts.stops++;
      if (!(await this.#settles(publisher.close()))) this.#broken.push('a graceful stop does not end');
    } else {
      this.#counts.crashes++;
    }
    this.#life++;
    if (how === 'power cut') this.#disk.cutPower();
    else this.#disk.kill();
  }

  #damage(): void {
    const { dice } = this.#world;
    const files = this.#disk.paths('/log').filter((path) => path.endsWith('.log') && this.#length(path) > 0);
    if (files.length === 0) return;
    const file = dice.pick(files);
    this.#counts.damages++;
    if (dice.chance(0.5)) this.#disk.flip(file, dice.below(this.#length(file) * 8));
    else this.#disk.wipe(file, dice.below(Math.ceil(this.#length(file) / 512)));
  }

  #length(path: string): number {
    return this.#disk.content(path)?.length ?? 0;
  }

  async #open(): Promise<Publisher<Placement>> {
    const life = this.#life;
    const clock: Clock = {
      now: () => this.#world.now(),
      date: () => this.#world.date(),
      after: (milliseconds, call) => this.#world.after(milliseconds, () => (life === this.#life ? call() : undefined)),
    };
    const retake = async () => {
      if (this.#away) throw new Error('the volume is gone');
    };
    const lock = async () => ({ retake, release: async () => undefined });
    let opened: Publisher<Placement> | undefined;
    const opening = openEmbedded(settings, { log: this.#log }, { files: this.#disk.mount(), clock, lock });
    await this.#settles(
      opening.then((publisher) => {
        opened = publisher;
      }),
    );
    if (opened === undefined) throw new Error('the embedded log does not open');
    return opened;
  }

  async #send(publisher: Publisher<Placement>, sender: number, life: number): Promise<void> {
    const { dice } = this.#world;
    while (life === this.#life) {
      const name = `${sender}:${this.#sent++}`;
      const value = Buffer.from(name.padEnd(10 + dice.below(80)));
      try {
        const record = { topic: dice.pick(topics), key: `k${sender}`, headers: {}, value };
        const placement = await publisher.publish(record);
        if (life === this.#life) this.#acked.set(name, placement);
      } catch {
        await this.#world.pause(20);
      }
      await this.#world.pause(dice.below(30));
    }
  }

  #pass(milliseconds: number): Promise<boolean> {
    return this.#world.run(() => false, this.#world.now() + milliseconds);
  }

  /** Runs the world until it is settled; false: it isn't. */
  async #settles(work: Promise<unknown>): Promise<boolean> {
    let over = false;
    const end = () => {
      over = true;
    };
    work.then(end, end);
    return this.#world.run(() => over, this.#world.now() + 60_000);
  }

  async #judge(): Promise<void> {
    const publisher = await this.#open();
    for (let sender = 0; sender < senders; sender++) void this.#send(publisher, sender, this.#life);
    await this.#pass(recovering);
    if (!publisher.ready()) this.#broken.push('nothing fails any more, but the embedded log is not ready');
    await this.#settles(publisher.close());
    this.#life++;
    const records = await this.#read(this.#disk.mount());
    this.#judgeRecords(records);
    for (const path of this.#disk.trespasses) this.#broken.push(`wrote where it must not: ${path}`);
  }

  async #read(files: Files): Promise<readonly StoredRecord[]> {
    const records: StoredRecord[] = [];
    const options = { from: 'beginning', until: 'end', log: this.#log } as const;
    const readAll = async () => {
      for await (const record of readEmbedded(settings, topics, options, files)) records.push(record);
    };
    if (!(await this.#settles(readAll()))) this.#broken.push('the embedded log cannot be read to its end');
    return records;
  }

  #judgeRecords(records: readonly StoredRecord[]): void {
    const stored = new Map<string, string>();
    const newest = new Map<string, number>();
    const seen = new Set<string>();
    for (const { topic, offset, value } of records) {
      const place = `${topic}@${offset}`;
      const name = value.toString().trim();
      if (stored.has(place)) this.#broken.push(`two records at ${place}`);
      if (seen.has(name)) this.#broken.push(`stored twice: ${name}`);
      seen.add(name);
      stored.set(place, name);
      const [sender = '', number = ''] = name.split(':');
      const line = `${topic} of ${sender}`;
      if (Number(number) < (newest.get(line) ?? -1)) this.#broken.push(`out of order in ${line}: ${name}`);
      newest.set(line, Number(number));
    }
    for (const [name, { topic, offset }] of this.#acked) {
      const there = stored.get(`${topic}@${offset}`);
      if (there === name || (this.#counts.damages > 0 && this.#reported)) continue;
      this.#broken.push(`${name} is not at ${topic}@${offset}, there is ${there ?? 'nothing'}`);
    }
  }
}
