import { hash } from 'node:crypto';
import { type Fingerprint, type KafkaRecord, PublishError, type Publisher } from '../../src/model.js';
import type { Clock } from '../../src/publish/clock.js';
import { SimulatedDisk } from './disk.js';
import { Ledger, type Publish, type SentEvent } from './events.js';
import { openGateway, type SimulatedGateway } from './gateway.js';
import { judge } from './judge.js';
import { SimulatedKafka } from './kafka.js';
import { LaneWatch } from './lane-watch.js';
import { readParked } from './parked.js';
import { World } from './world.js';

const topics = ['orders', 'refunds'];
const keys = ['a', 'b', 'c', 'd'];
/** Milliseconds for which a published event is known at least: short, so that slices come and go. */
const window = 40_000;
/** Milliseconds within which files that were deleted are written again. */
const restoring = 2_500;
/** Milliseconds that a gateway has to stop in. */
const closeLimit = 6_000;

export interface Verdict {
  readonly seed: number;
  /** Events of which a delivery was answered with 200; answers `duplicate`; acknowledgements after a 503; records that are in Kafka more than once. */
  readonly acknowledged: number;
  readonly duplicates: number;
  readonly late: number;
  readonly repeated: number;
  /** Records that went on under their numbers after a stop; how often that could not be. */
  readonly resumed: number;
  readonly doubts: number;
  readonly broken: readonly string[];
}

/**
 * One schedule, all of it drawn from the seed: providers that send again what got no 200, and some of what did, a Kafka in
 * trouble, a disk that fills up, crashes and restarts; in the end everything heals. Then every promise is looked at.
 */
export async function runSchedule(seed: number): Promise<Verdict> {
  const world = new World(seed);
  const { dice } = world;
  const disk = new SimulatedDisk(world);
  const kafka = new SimulatedKafka(world);
  const ledger = new Ledger(window);
  const sent: SentEvent[] = [];
  const watch = new LaneWatch(world, kafka);
  /** When a process ended so that it may have left something to be sent twice. */
  const excuses: number[] = [];
  let life = 0;
  let duplicates = 0;
  let late = 0;
  let gateway: SimulatedGateway | undefined;
  let volumeAway = false;
  let fragileUntil = 0;
  const stops = dice.chance(0.5) ? 2 : 0;
  disk.tornSectors = dice.chance(0.5);
  const crashes = dice.chance(0.5) ? 0.01 : 0;
  disk.beforeAppend = () => {
    if (dice.chance(crashes / 5)) crash();
  };

  /** A process that dies meanwhile starts no gateway. */
  function start(): void {
    const mine = ++life;
    open(mine).then(
      (opened) => {
        if (mine === life) gateway = opened;
      },
      () => {
        if (mine === life) crash();
      },
    );
  }

  function open(mine: number): Promise<SimulatedGateway> {
    const client = kafka.connect(() => mine === life);
    return openGateway(client, disk, { clock: clockOf(mine), window, topics, log: watch.hear, retake });
  }

  async function retake(): Promise<void> {
    if (volumeAway) throw new Error('the volume is gone');
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
    if (isFragile()) return;
    // A process that dies has its volume back when the next one starts.
    bringSpoolBack();
    excuses.push(world.now());
    const power = dice.chance(0.5);
    noteFull();
    ledger.endLife(life, world.now(), power ? 'power cut' : 'kill');
    gateway = undefined;
    life++;
    if (power) disk.cutPower();
    else disk.kill();
  }

  function isFragile(): boolean {
    return world.now() < fragileUntil;
  }

  function noteFull(): void {
    if (disk.full || disk.readOnly) ledger.noteFull(world.now());
  }

  function send(): void {
    const id = `e${sent.length}`;
    // Some providers give one id to several events.
    const providerId = sent.length > 0 && dice.chance(0.1) ? dice.pick(sent).providerId : id;
    const event = {
      ...{ id, providerId, topic: dice.pick(topics), key: dice.pick(keys), size: dice.below(300) },
      ...{ big: dice.chance(0.02), acknowledged: false, publishes: [] },
    };
    if (gateway === undefined) return;
    sent.push(event);
    deliver(event);
    if (dice.chance(0.05)) deliver(event);
  }

  function deliver(event: SentEvent): void {
    if (gateway === undefined) return;
    const { publisher, dedupe } = gateway;
    const mine = life;
    dedupe
      .once(fingerprintOf(event), () => publish(event, publisher, mine))
      .then(
        ({ duplicate }) => {
          if (mine !== life) return;
          event.acknowledged = true;
          if (duplicate) duplicates++;
        },
        () => {
          if (dice.chance(0.7)) world.after(dice.below(5_000), () => deliver(event));
        },
      );
  }

  /** Kafka had it after all: from now on it is known. */
  function succeedLate(note: Publish): void {
    delete note.failed;
    note.safe = world.now();
    late++;
  }

  async function publish(event: SentEvent, publisher: Publisher, mine: number) {
    const { id, topic, key, size, big } = event;
    const note = ledger.publish(event, mine, world.now());
    const headers: KafkaRecord['headers'] = { ce_id: id, ...(big ? { big: 'yes' } : {}) };
    try {
      const placement = await publisher.publish({ topic, key, headers, value: Buffer.alloc(size, id) });
      note.safe = world.now();
      return placement;
    } catch (error) {
      note.failed = true;
      if (error instanceof PublishError) error.late?.then(() => succeedLate(note), ignore);
      throw error;
    }
  }

  function repeat(): void {
    if (sent.length > 0) deliver(dice.pick(sent));
  }

  const acts: readonly (() => void)[] = [
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
    () => {
      noteFull();
      disk.full = !isFragile() && dice.chance(0.2);
    },
    () => {
      noteFull();
      disk.readOnly = !isFragile() && dice.chance(0.1);
    },
    () => {
      disk.failingSyncs = !isFragile() && dice.chance(0.2) ? 1 + dice.below(3) : 0;
    },
    takeSpoolAway,
    ...Array<() => void>(stops).fill(stop),
  ];

  /** A graceful end, whatever goes on; one that takes too long is a kill. */
  function stop(): void {
    if (gateway === undefined || isFragile()) return;
    const mine = life;
    const { publisher, dedupe } = gateway;
    gateway = undefined;
    const end = (closed: boolean) => {
      if (mine !== life) return;
      if (!closed) return crash();
      if (volumeAway || disk.full || disk.readOnly || disk.failingSyncs > 0) excuses.push(world.now());
      bringSpoolBack();
      noteFull();
      ledger.endLife(life, world.now(), 'close');
      life++;
    };
    world.after(closeLimit, () => end(false));
    void publisher
      .close()
      .then(() => dedupe.close())
      .then(() => end(true));
  }

  /** The folder is deleted under a running gateway, or its volume is unmounted for some seconds. */
  function takeSpoolAway(): void {
    if (gateway === undefined || volumeAway || !dice.chance(0.3)) return;
    if (dice.chance(0.5)) {
      // Until it is written again, another fault would lose it: that is one fault too many.
      if (disk.full || disk.readOnly || disk.failingSyncs > 0) return;
      fragileUntil = world.now() + restoring;
      disk.vanish('/spool');
      return;
    }
    disk.vanish('/spool');
    volumeAway = true;
    const mine = life;
    world.after(dice.below(4_000), () => {
      if (mine === life) bringSpoolBack();
    });
  }

  function bringSpoolBack(): void {
    if (volumeAway) disk.comeBack('/spool');
    volumeAway = false;
  }

  /** Lets so many milliseconds pass; a process that has crashed is started again some time later. */
  async function pass(milliseconds: number): Promise<void> {
    const end = world.now() + milliseconds;
    while (!(await world.run(() => gateway === undefined && life !== started, end))) return;
    await world.run(() => false, world.now() + dice.below(2_000));
    begin();
    await pass(end - world.now());
  }

  let started = 0;
  function begin(): void {
    start();
    started = life;
  }

  begin();
  await world.run(() => gateway !== undefined, 10_000);
  for (let step = 0; step < 120; step++) {
    dice.pick(acts)();
    if (gateway !== undefined && dice.chance(crashes)) crash();
    await pass(dice.below(dice.chance(0.1) ? 3_000 : 60));
  }
  kafka.trouble = 0;
  kafka.away = false;
  noteFull();
  disk.full = false;
  disk.readOnly = false;
  disk.failingSyncs = 0;
  bringSpoolBack();
  disk.beforeAppend = () => undefined;
  await pass(20_000);
  if (dice.chance(0.5)) {
    await restart();
    for (let again = 0; again < 20; again++) repeat();
    await pass(20_000);
  }

  async function restart(): Promise<void> {
    let closed = false;
    const closing = gateway;
    void closing?.publisher
      .close()
      .then(() => closing.dedupe.close())
      .then(() => {
        closed = true;
      });
    await world.run(() => closed, world.now() + 10_000);
    ledger.endLife(life, world.now(), 'close');
    gateway = undefined;
    begin();
    await world.run(() => gateway !== undefined, world.now() + 10_000);
  }

  const parked = new Set(await readParked(world, disk));
  const verdict = judge(sent, kafka, parked, [...excuses, ...watch.doubts]);
  return {
    seed,
    duplicates,
    late,
    resumed: watch.resumed,
    doubts: watch.doubts.length,
    ...verdict,
    broken: [...ledger.broken, ...watch.faults, ...verdict.broken],
  };
}

function fingerprintOf({ id, providerId }: SentEvent): Fingerprint {
  return { endpoint: 'sim', id: providerId, type: 'paid', digest: hash('sha256', id, 'base64'), by: 'content' };
}

function ignore(): void {}
