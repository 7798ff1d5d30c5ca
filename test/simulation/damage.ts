/**
 * What becomes of a spool of 60 records whose files are damaged while no gateway runs: each bit flipped, each file taken away,
 * each two swapped. Every record has to be delivered, or to be reported and still on disk. All of it:
 * `npm run simulate-damage`; `npm test` looks at a part.
 */
import { type KafkaRecord, type Placement, PublishError, type Publisher } from '../../src/core/model.js';
import type { Resuming } from '../../src/kafka/unanswered.js';
import { openSpool, type Spool } from '../../src/storage/spool/spool.js';
import type { Log } from '../../src/util/log.js';
import { SimulatedDisk } from './disk.js';
import { World } from './world.js';

const topics = ['orders', 'refunds'];
const records = 60;
const folder = '/spool/0';

/** A Kafka that takes what it is told to take, and knows what it has. */
class Taker implements Publisher<Placement>, Resuming {
  readonly taken = new Set<string>();
  readonly #world: World;
  /** What becomes of a record: it is acknowledged, refused for good, or waits forever. */
  readonly #decide: (value: string) => 'take' | 'refuse' | 'wait';

  constructor(world: World, decide: (value: string) => 'take' | 'refuse' | 'wait') {
    this.#world = world;
    this.#decide = decide;
  }

  async publish({ topic, value }: KafkaRecord): Promise<Placement> {
    await this.#world.pause(1);
    const name = value.toString();
    const decision = this.#decide(name);
    if (decision === 'wait') return new Promise(() => {});
    if (decision === 'refuse') throw new PublishError('refused', 'MESSAGE_TOO_LARGE', 'too large');
    this.taken.add(name);
    return { topic, partition: 0, offset: 0n };
  }

  ready = () => false;
  connected = () => true;
  close = async () => undefined;
  unanswered = () => [];
  resume = async () => false;
}

export interface Base {
  readonly disk: SimulatedDisk;
  /** Value → it is in Kafka. */
  readonly values: readonly string[];
  readonly taken: ReadonlySet<string>;
  readonly paths: readonly string[];
}

async function settle<T>(world: World, work: Promise<T>, limit = 600_000): Promise<T> {
  let over = false;
  const settled = work.finally(() => {
    over = true;
  });
  settled.catch(() => undefined);
  if (!(await world.run(() => over, world.now() + limit))) throw new Error('it does not end');
  return settled;
}

function open(world: World, disk: SimulatedDisk, kafka: Taker, log: Log): Promise<Spool> {
  return openSpool(kafka, {
    folder,
    maxBytes: 1_000_000,
    topics,
    deadLetterTopic: 'webhooks.dlq',
    files: disk.mount(),
    retake: async () => undefined,
    clock: world,
    log,
  });
}

/** Three lives: two in which Kafka takes nothing, one in which it takes a part, and refuses two. Then the process is killed. */
export async function buildSpool(): Promise<Base> {
  const world = new World(1);
  const disk = new SimulatedDisk(world);
  const values = Array.from({ length: records }, (_, n) => `r${String(n).padStart(3, '0')}.`.repeat(6));
  for (const half of [values.slice(0, records / 2), values.slice(records / 2)]) {
    const spool = await settle(
      world,
      open(world, disk, new Taker(world, () => 'wait'), () => undefined),
    );
    const sent = half.map((value, n) =>
      spool.publish({
        topic: topics[n % 2] ?? '',
        key: 'k',
        headers: { ce_id: value.slice(0, 4) },
        value: Buffer.from(value),
      }),
    );
    await settle(world, Promise.all(sent));
    disk.kill();
  }
  const kafka = new Taker(world, (value) => {
    const n = Number(value.slice(1, 4));
    if (n === 4 || n === 7) return 'refuse';
    return n < 4 || (n > 7 && n % 5 === 0 && n < 40) ? 'take' : 'wait';
  });
  const spool = await settle(
    world,
    open(world, disk, kafka, () => undefined),
  );
  await world.run(
    () => (spool.status().lanes ?? []).every(({ parked }) => parked === 1) && kafka.taken.size > 9,
    world.now() + 60_000,
  );
  disk.kill();
  return { disk, values, taken: kafka.taken, paths: disk.paths('/spool') };
}

/** What is wrong after a new gateway has met the damage; undefined: nothing. `lost`: a file is not there, so that it can't be on disk. */
export async function judgeDamage(
  base: Base,
  damage: (disk: SimulatedDisk) => void,
  lost = false,
): Promise<string | undefined> {
  const world = new World(2);
  const disk = base.disk.copy(world);
  damage(disk);
  const reports: string[] = [];
  const log: Log = (level, message) => {
    if (level !== 'info') reports.push(message);
  };
  const kafka = new Taker(world, () => 'take');
  const spool = await settle(world, open(world, disk, kafka, log));
  await settle(world, askForAll(disk, spool, world));
  const known = new Set(base.values);
  for (const value of kafka.taken) if (!known.has(value)) return `wrong bytes in Kafka: ${value}`;
  const onDisk = disk.paths('/spool').map((path) => disk.content(path)?.toString('latin1') ?? '');
  for (const value of base.values) {
    if (kafka.taken.has(value) || base.taken.has(value)) continue;
    if (reports.length === 0) return `nothing is reported, and ${value.slice(0, 4)} is missing`;
    if (!lost && !onDisk.some((content) => content.includes(value.slice(0, 5))))
      return `${value.slice(0, 4)} is neither in Kafka nor on disk; reported: ${reports.join(', ')}`;
  }
  return undefined;
}

/** Has what is parked sent, too, and waits until nothing is left to send. */
async function askForAll(disk: SimulatedDisk, spool: Spool, world: World): Promise<void> {
  disk.put('/spool/0/parked/retry', '');
  const done = () => {
    const { lanes, bytes } = spool.status();
    return bytes === 0 && lanes.every(({ open, spooled, parked }) => open && spooled === 0 && parked === 0);
  };
  for (let waited = 0; waited < 20_000 && !done(); waited += 100) await world.pause(100);
  await world.pause(2_000);
}

/** Every single-bit flip; or, of a sample, one in so many, from one on. */
export async function* judgeFlips(base: Base, { every = 1, from = 0 } = {}): AsyncGenerator<string | undefined> {
  let n = from;
  for (const path of base.paths) {
    const bits = (base.disk.content(path)?.length ?? 0) * 8;
    for (; n < bits; n += every) {
      const bit = n;
      const verdict = await judgeDamage(base, (disk) => disk.flip(path, bit));
      yield verdict && `${path}, bit ${bit}: ${verdict}`;
    }
    n -= bits;
  }
}

/** Every file taken away, and every two swapped. */
export async function* judgeMoves(base: Base): AsyncGenerator<string | undefined> {
  for (const [index, path] of base.paths.entries()) {
    const verdict = await judgeDamage(base, (disk) => disk.drop(path), true);
    yield verdict && `${path} taken away: ${verdict}`;
    for (const other of base.paths.slice(index + 1)) {
      const swapped = await judgeDamage(base, (disk) => disk.swap(path, other));
      yield swapped && `${path} and ${other} swapped: ${swapped}`;
    }
  }
}

if (process.argv[1]?.endsWith('damage.ts')) {
  const base = await buildSpool();
  const broken: string[] = [];
  let looked = 0;
  for (const all of [judgeMoves(base), judgeFlips(base, { every: Number(process.argv[2] ?? 1) })]) {
    for await (const verdict of all) {
      looked++;
      if (verdict !== undefined) broken.push(verdict);
    }
  }
  for (const each of broken.slice(0, 50)) process.stdout.write(`${each}\n`);
  process.stdout.write(`${JSON.stringify({ damages: looked, files: base.paths.length, broken: broken.length })}\n`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}
