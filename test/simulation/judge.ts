import type { KafkaRecord } from '../../src/core/model.js';
import type { SimulatedDisk } from './disk.js';
import type { DiskFaults } from './disk-faults.js';
import type { SentEvent } from './events.js';
import type { SimulatedKafka, Written } from './kafka.js';

interface Scene {
  /** Ids of the events that are parked. */
  readonly parked: ReadonlySet<string>;
  readonly disk: SimulatedDisk;
  readonly faults: DiskFaults;
  /** When it was said that something may be sent twice. */
  readonly doubts: readonly number[];
}

interface Found {
  readonly acknowledged: number;
  readonly repeated: number;
  readonly repeatedByStop: number;
  readonly broken: readonly string[];
}

/** Looks at what is in Kafka in the end, beside what was promised. */
export function judge(sent: readonly SentEvent[], kafka: SimulatedKafka, scene: Scene): Found {
  const written = new Map<string, Written[]>();
  for (const { log } of kafka.logs.values()) {
    for (const each of log) {
      const id = each.record.headers.ce_id ?? '';
      const all = written.get(id);
      if (all === undefined) written.set(id, [each]);
      else all.push(each);
    }
  }
  const broken = judgeOrder(sent, kafka, scene.faults.damagedAt);
  let repeated = 0;
  let repeatedByStop = 0;
  for (const event of sent) {
    const all = written.get(event.id) ?? [];
    if (all.length > 1) repeated++;
    if (all.length > 1 && isByStop(event, all, kafka)) {
      repeatedByStop++;
      const isExcused = scene.faults.damages > 0 || scene.doubts.some((at) => at >= (event.publishes[0]?.at ?? 0));
      if (!isExcused) broken.push(`written twice by a stop, and nobody said so: ${event.id}`);
    }
    if (event.acknowledged && all.length === 0 && !scene.parked.has(event.id))
      broken.push(...judgeMissing(event, scene));
    if (!all.every(({ record }) => isWhole(event, record))) broken.push(`other bytes than were sent: ${event.id}`);
    broken.push(...judgeRepetition(event, all, kafka, scene.faults));
  }
  const acknowledged = sent.filter((event) => event.acknowledged).length;
  return { acknowledged, repeated, repeatedByStop, broken };
}

function isWhole({ id, topic, key, size }: SentEvent, record: KafkaRecord): boolean {
  const same = record.topic === topic && record.key === key && record.value.length === size;
  return same && record.value.equals(Buffer.alloc(size, id));
}

/** Of one key, in each partition, in the order of acceptance. What came before some damage may be sent later, out of a file that is set aside. */
function judgeOrder(sent: readonly SentEvent[], kafka: SimulatedKafka, damagedAt: number): string[] {
  const broken: string[] = [];
  const order = new Map(sent.map((event, index) => [event.id, { event, index }]));
  for (const [name, { log }] of kafka.logs) {
    const newest = new Map<string, number>();
    const seen = new Set<string>();
    for (const { record } of log) {
      const id = record.headers.ce_id ?? '';
      const known = order.get(id);
      // What was tried twice has no one place in the order.
      if (known === undefined || !known.event.acknowledged || known.event.publishes.length > 1 || seen.has(id))
        continue;
      if ((known.event.publishes[0]?.at ?? 0) <= damagedAt) continue;
      seen.add(id);
      const before = newest.get(known.event.key) ?? -1;
      if (before > known.index) broken.push(`out of order in ${name}: ${id}`);
      newest.set(known.event.key, known.index);
    }
  }
  return broken;
}

/** Where a file was damaged, what was in it has to be reported, and on disk still; unless the file itself is gone. */
function judgeMissing({ id }: SentEvent, { disk, faults }: Scene): readonly string[] {
  if (faults.damagedAt === Number.NEGATIVE_INFINITY) return [`missing: ${id}`];
  if (!faults.reported) return [`missing, and nothing is reported: ${id}`];
  const mark = `"ce_id":"${id}"`;
  const isOnDisk = disk.paths('/spool').some((path) => disk.content(path)?.includes(mark));
  if (faults.removed || faults.wiped || isOnDisk) return [];
  // The one whose name has the bit that was flipped cannot be told.
  return faults.flips-- > 0 ? [] : [`neither in Kafka nor on disk: ${id}`];
}

function judgeRepetition(
  { id, publishes }: SentEvent,
  all: readonly Written[],
  kafka: SimulatedKafka,
  { damages }: DiskFaults,
): string[] {
  const broken: string[] = [];
  // A process writes an event once for each time that it was published; the next one may once more, after a crash.
  for (const producer of new Set(all.map((each) => each.producer))) {
    const times = all.filter((other) => other.producer === producer).length;
    if (times > publishes.length) broken.push(`written too often by one process: ${id}`);
  }
  const last = all.at(-1);
  if (damages === 0 && publishes.length === 1 && last !== undefined && kafka.wasSettled(id, last.producer))
    broken.push(`sent again although Kafka had acknowledged it to the process before: ${id}`);
  return broken;
}

/** No crash from the first one that wrote it to the last, no second publish: whoever stopped did not know that Kafka had it. */
function isByStop({ publishes }: SentEvent, all: readonly Written[], kafka: SimulatedKafka): boolean {
  const producers = all.map(({ producer }) => producer);
  return publishes.length === 1 && !kafka.crashedWithin(Math.min(...producers), Math.max(...producers));
}
