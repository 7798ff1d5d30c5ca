import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { type Placement, PublishError, type Publisher } from '../../../../src/core/model.js';
import type { StoredRecord } from '../../../../src/publish/read.js';
import { segmentBytes } from '../../../../src/storage/disk/segment.js';
import { openEmbedded } from '../../../../src/storage/embedded/publisher.js';
import { readEmbedded } from '../../../../src/storage/embedded/read.js';
import { SimulatedDisk } from '../../../simulation/disk.js';
import { World } from '../../../simulation/world.js';
import { caught, makeRecord } from '../../kafka/records.js';

const settings = { kind: 'embedded', dir: '/log' } as const;
const topics = ['a', 'b'];
type Files = ReturnType<SimulatedDisk['mount']>;

/** A machine that is switched off and on again, with senders, a reader, and a list of what anybody was told. */
class Machine {
  readonly world: World;
  readonly disk: SimulatedDisk;
  /** Value → where it was said to be. */
  readonly acked = new Map<string, Placement>();
  readonly rejected = new Set<string>();
  /** What a reader had before its eyes. */
  readonly seen = new Map<string, string>();
  readonly damage: unknown[] = [];
  #sent = 0;

  constructor(seed: number) {
    this.world = new World(seed);
    this.disk = new SimulatedDisk(this.world);
  }

  async start(): Promise<{ publisher: Publisher<Placement>; files: Files }> {
    const files = this.disk.mount();
    const lock = async () => ({ retake: async () => undefined, release: async () => undefined });
    const publisher = await openEmbedded(settings, { log: () => undefined }, { files, clock: this.world, lock });
    return { publisher, files };
  }

  /** Ends by itself only when the machine does, or after so many records. */
  async send(publisher: Publisher<Placement>, sender: number, count = Number.POSITIVE_INFINITY): Promise<void> {
    for (let n = 0; n < count; n++) {
      const value = `${sender}:${this.#sent++}`;
      const record = makeRecord(
        `k${sender}`,
        value.padEnd(20 + this.world.dice.below(60)),
        this.world.dice.pick(topics),
      );
      try {
        this.acked.set(value, await publisher.publish(record));
      } catch {
        this.rejected.add(value);
      }
      await this.world.pause(this.world.dice.below(4));
    }
  }

  async read(files: Files): Promise<readonly StoredRecord[]> {
    const records: StoredRecord[] = [];
    const log = (...args: unknown[]) => void this.damage.push(args);
    for await (const record of readEmbedded(settings, topics, { from: 'beginning', until: 'end', log }, files)) {
      records.push(record);
      this.seen.set(`${record.topic}@${record.offset}`, textOf(record));
    }
    return records;
  }

  async watch(files: Files): Promise<void> {
    for (;;) {
      await this.read(files);
      await this.world.pause(5);
    }
  }

  /** Runs the world while it waits. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const ending = promise.finally(() => {
      done = true;
    });
    ending.catch(() => undefined);
    for (let turns = 0; !done && turns < 10_000; turns++) {
      await this.world.run(() => done, this.world.now() + 50);
      await turn();
    }
    return ending;
  }

  pass(milliseconds: number): Promise<boolean> {
    this.world.after(milliseconds, () => undefined);
    return this.world.run(() => false, this.world.now() + milliseconds);
  }

  /** What everybody was told is true. */
  judge(records: readonly StoredRecord[]): void {
    const stored = new Map(records.map((record) => [`${record.topic}@${record.offset}`, textOf(record)]));
    for (const [value, { topic, offset }] of this.acked) expect(stored.get(`${topic}@${offset}`)).to.equal(value);
    for (const [place, value] of this.seen) expect(stored.get(place)).to.equal(value);
    expect(new Set(stored.values()).size, 'each once').to.equal(records.length);
    for (const topic of topics) {
      const offsets = records.filter((record) => record.topic === topic).map(({ offset }) => Number(offset));
      expect(offsets).to.deep.equal([...offsets.keys()]);
      const last = new Map<string, number>();
      for (const record of records.filter((each) => each.topic === topic)) {
        const [sender = '', number = ''] = textOf(record).split(':');
        expect(Number(number)).to.be.greaterThan(last.get(sender) ?? -1);
        last.set(sender, Number(number));
      }
    }
    expect(this.damage).to.deep.equal([]);
  }
}

function textOf({ value }: StoredRecord): string {
  return value.toString().trim();
}

describe('embedded log on a machine that fails', () => {
  it('reads nothing of what it wrote when a file is full: senders would wait for that', async () => {
    const machine = new Machine(5);
    const files = machine.disk.mount();
    const read = sinon.spy(files, 'read');
    const lock = async () => ({ retake: async () => undefined, release: async () => undefined });
    const made = { files, clock: machine.world, lock };
    const publisher = await machine.settle(openEmbedded(settings, { log: () => undefined }, made));
    const third = Buffer.alloc(segmentBytes / 3, 'x');
    for (let n = 0; n < 4; n++) await machine.settle(publisher.publish(makeRecord('k', third, 'a')));
    expect(await machine.settle(files.list('/log/0/topics/a'))).to.have.length(2);
    expect(read.callCount).to.equal(0);
    await machine.settle(publisher.close());
  });

  it('has what it acknowledged, in order and once, whenever the power goes, the process is killed or the disk is full', async () => {
    const fate = fc.record({
      time: fc.integer({ min: 1, max: 120 }),
      full: fc.option(fc.integer({ min: 1, max: 60 }), { freq: 3 }),
      end: fc.constantFrom('kill', 'power'),
    });
    let acked = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(fate, { minLength: 1, maxLength: 5 }), async (seed, lives) => {
        const machine = new Machine(seed);
        for (const { time, full, end } of lives) {
          const { publisher, files } = await machine.settle(machine.start());
          for (const sender of [0, 1, 2, 3]) void machine.send(publisher, sender);
          void machine.watch(files);
          await machine.pass(time);
          if (full !== null) {
            machine.disk.full = true;
            await machine.pass(full);
            machine.disk.full = false;
            await machine.pass(time);
          }
          if (end === 'kill') machine.disk.kill();
          else machine.disk.cutPower();
        }
        const { publisher, files } = await machine.settle(machine.start());
        await machine.settle(Promise.all([4, 5].map((sender) => machine.send(publisher, sender, 5))));
        machine.judge(await machine.settle(machine.read(files)));
        acked += machine.acked.size;
      }),
      { numRuns: 60 },
    );
    expect(acked).to.be.greaterThan(1_000);
  }).timeout(60_000);

  it('has what it acknowledged, whichever of its first steps is the last', async () => {
    for (let step = 1; step <= 60; step++) {
      const machine = new Machine(step);
      const { publisher } = await machine.settle(machine.start());
      for (const sender of [0, 1]) void machine.send(publisher, sender);
      await machine.pass(step);
      machine.disk.cutPower();
      const next = await machine.settle(machine.start());
      await machine.settle(machine.send(next.publisher, 2, 3));
      machine.judge(await machine.settle(machine.read(next.files)));
    }
  });

  it('rejects with the reason while the disk is full, keeps none of that, and recovers by itself', async () => {
    const machine = new Machine(7);
    const { publisher, files } = await machine.settle(machine.start());
    await machine.settle(machine.send(publisher, 0, 5));
    machine.disk.full = true;
    const error = await machine.settle(caught(publisher.publish(makeRecord('k', 'no room', 'a'))));
    expect(error).to.be.instanceOf(PublishError).and.to.include({ kind: 'unavailable', reason: 'ENOSPC' });
    await machine.pass(3_000);
    expect(publisher.ready()).to.equal(false);
    machine.disk.full = false;
    await machine.pass(2_000);
    expect(publisher.ready()).to.equal(true);
    await machine.settle(machine.send(publisher, 1, 5));
    const records = await machine.settle(machine.read(files));
    expect(records).to.have.length(10);
    machine.judge(records);
    await machine.settle(publisher.close());
  });

  it('trusts no sync after one that failed: what it acknowledged is there after a power cut', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const machine = new Machine(seed);
      const { publisher } = await machine.settle(machine.start());
      for (const sender of [0, 1]) void machine.send(publisher, sender);
      await machine.pass(10 + seed);
      machine.disk.failingSyncs = 1 + (seed % 3);
      await machine.pass(100);
      machine.disk.failingSyncs = 0;
      await machine.pass(2_000);
      machine.disk.cutPower();
      const next = await machine.settle(machine.start());
      const stored = new Map(
        (await machine.settle(machine.read(next.files))).map((record) => [
          `${record.topic}@${record.offset}`,
          textOf(record),
        ]),
      );
      for (const [value, { topic, offset }] of machine.acked)
        expect(stored.get(`${topic}@${offset}`), `seed ${seed}`).to.equal(value);
    }
  }).timeout(20_000);
});
