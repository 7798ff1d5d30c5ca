import type { KafkaRecord, Publisher } from '../../src/model.js';
import { createBatcher } from '../../src/publish/batcher.js';
import type { Clock } from '../../src/publish/clock.js';
import { openSpool } from '../../src/publish/spool/spool.js';
import { SimulatedDisk } from './disk.js';
import { SimulatedKafka } from './kafka.js';
import { World } from './world.js';

const topics = ['orders', 'refunds'];
const keys = ['a', 'b', 'c', 'd'];

export interface Verdict {
  readonly seed: number;
  readonly acknowledged: number;
  readonly broken: readonly string[];
}

interface Sent {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  /** In the order in which the gateway accepted them. */
  readonly order: number;
  acknowledged: boolean;
  /** The number of the process that took it. */
  readonly life: number;
}

/**
 * One schedule, all of it drawn from the seed: senders, a Kafka in trouble, a disk that fills up, crashes and restarts; in
 * the end everything heals. Then every promise is looked at.
 */
export async function runSchedule(seed: number): Promise<Verdict> {
  const world = new World(seed);
  const { dice } = world;
  const disk = new SimulatedDisk(world);
  const kafka = new SimulatedKafka(world);
  const sent: Sent[] = [];
  const parkedIds = new Set<string>();
  const lost: string[] = [];
  let life = 0;
  let gateway: Publisher | undefined;
  let starting: Promise<void> | undefined;

  function start(): Promise<void> {
    const mine = ++life;
    const batcher = createBatcher(
      kafka.connect(() => mine === life),
      clockOf(mine),
    );
    starting = openSpool(batcher, {
      folder: '/spool',
      maxBytes: 20_000,
      topics,
      deadLetterTopic: 'webhooks.dlq',
      files: disk.mount(),
      clock: clockOf(mine),
      log: (_level, message, fields) => {
        if (message.includes('damaged and lost')) lost.push(JSON.stringify(fields));
      },
    }).then((opened) => {
      if (mine === life) gateway = opened;
    });
    return starting;
  }

  /** The timers of a dead process never ring. */
  function clockOf(mine: number): Clock {
    return {
      now: () => world.now(),
      date: () => world.date(),
      after: (milliseconds, call) => world.after(milliseconds, () => (mine === life ? call() : undefined)),
    };
  }

  function crash(): void {
    gateway = undefined;
    life++;
    if (dice.chance(0.5)) disk.kill();
    else disk.cutPower();
  }

  function send(): void {
    if (gateway === undefined) return;
    const order = sent.length;
    const entry: Sent = {
      id: `e${order}`,
      topic: dice.pick(topics),
      key: dice.pick(keys),
      order,
      acknowledged: false,
      life,
    };
    sent.push(entry);
    const headers: KafkaRecord['headers'] = { ce_id: entry.id, ...(dice.chance(0.02) ? { big: 'yes' } : {}) };
    const value = Buffer.alloc(dice.below(300), entry.id);
    gateway.publish({ topic: entry.topic, key: entry.key, headers, value }).then(
      () => {
        if (entry.life === life) entry.acknowledged = true;
      },
      () => undefined,
    );
  }

  void start();
  await world.run(() => gateway !== undefined, 10_000);
  const acts: readonly (() => void)[] = [
    ...Array<() => void>(12).fill(send),
    () => {
      for (let burst = dice.below(30); burst > 0; burst--) send();
    },
    () => {
      kafka.trouble = dice.pick([0, 0.1, 0.5]);
    },
    () => {
      kafka.away = dice.chance(0.5);
    },
    () => {
      disk.full = dice.chance(0.2);
    },
  ];
  const crashes = dice.chance(0.5) ? 0.01 : 0;
  for (let step = 0; step < 120; step++) {
    dice.pick(acts)();
    if (dice.chance(crashes)) {
      crash();
      await world.run(() => false, world.now() + dice.below(2_000));
      void start();
    }
    await world.run(() => false, world.now() + dice.below(dice.chance(0.1) ? 3_000 : 60));
  }
  kafka.trouble = 0;
  kafka.away = false;
  disk.full = false;
  if (gateway === undefined) await world.run(() => gateway !== undefined, world.now() + 10_000);
  await world.run(() => false, world.now() + 20_000);
  const restarted = dice.chance(0.5);
  if (restarted) {
    let closed = false;
    void gateway?.close().then(() => {
      closed = true;
    });
    await world.run(() => closed, world.now() + 10_000);
    gateway = undefined;
    void start();
    await world.run(() => false, world.now() + 20_000);
  }
  for (const record of await readParked(world, disk)) parkedIds.add(record);
  return {
    seed,
    acknowledged: sent.filter(({ acknowledged }) => acknowledged).length,
    broken: judge(sent, kafka, parkedIds, lost),
  };
}

async function readParked(world: World, disk: SimulatedDisk): Promise<readonly string[]> {
  const { Journal } = await import('../../src/publish/spool/journal.js');
  const { decodeSpooled } = await import('../../src/publish/spool/spooled-record.js');
  let ids: readonly string[] | undefined;
  const files = disk.mount();
  void (async () => {
    const { journal } = await Journal.open(files, '/spool/parked');
    const found: string[] = [];
    for (let frames = await journal.read(10_000); frames.length > 0; frames = await journal.read(10_000)) {
      found.push(...frames.map(({ body }) => decodeSpooled(body).record.headers.ce_id ?? ''));
    }
    ids = found;
  })();
  await world.run(() => ids !== undefined, world.now() + 60_000);
  return ids ?? [];
}

function judge(
  sent: readonly Sent[],
  kafka: SimulatedKafka,
  parked: ReadonlySet<string>,
  lost: readonly string[],
): string[] {
  const broken: string[] = lost.map((what) => `lost on disk: ${what}`);
  const byId = new Map(sent.map((entry) => [entry.id, entry]));
  const producers = new Map<string, number[]>();
  for (const [name, { log }] of kafka.logs) {
    const newest = new Map<string, Sent>();
    const seen = new Set<string>();
    for (const { record, producer } of log) {
      const id = record.headers.ce_id ?? '';
      producers.set(id, [...(producers.get(id) ?? []), producer]);
      const entry = byId.get(id);
      if (entry === undefined || !entry.acknowledged || seen.has(id)) continue;
      seen.add(id);
      const before = newest.get(entry.key);
      if (before !== undefined && before.order > entry.order)
        broken.push(`out of order in ${name}: ${id} after ${before.id}`);
      newest.set(entry.key, entry);
    }
  }
  for (const { id, acknowledged } of sent) {
    const by = producers.get(id) ?? [];
    if (acknowledged && by.length === 0 && !parked.has(id)) broken.push(`missing: ${id}`);
    // A process never writes an event twice; the next one may, after a crash.
    if (new Set(by).size < by.length) broken.push(`written twice by one process: ${id}`);
  }
  return broken;
}
