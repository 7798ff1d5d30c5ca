import type { SentEvent } from './events.js';
import type { SimulatedKafka } from './kafka.js';

/**
 * Looks at what is in Kafka in the end, beside what was promised. `excuses`: when a process ended so that the next one may have
 * sent something once more.
 */
export function judge(
  sent: readonly SentEvent[],
  kafka: SimulatedKafka,
  parked: ReadonlySet<string>,
  excuses: readonly number[],
) {
  const broken: string[] = [];
  const order = new Map(sent.map((event, index) => [event.id, { event, index }]));
  const producers = new Map<string, number[]>();
  for (const [name, { log }] of kafka.logs) {
    const newest = new Map<string, number>();
    const seen = new Set<string>();
    for (const { record, producer } of log) {
      const id = record.headers.ce_id ?? '';
      producers.set(id, [...(producers.get(id) ?? []), producer]);
      const known = order.get(id);
      // What was tried twice has no one place in the order.
      if (known === undefined || !known.event.acknowledged || known.event.publishes.length > 1 || seen.has(id))
        continue;
      seen.add(id);
      const before = newest.get(known.event.key) ?? -1;
      if (before > known.index) broken.push(`out of order in ${name}: ${id}`);
      newest.set(known.event.key, known.index);
    }
  }
  let repeated = 0;
  for (const { id, acknowledged, publishes } of sent) {
    const by = producers.get(id) ?? [];
    if (by.length > 1) repeated++;
    if (acknowledged && by.length === 0 && !parked.has(id)) broken.push(`missing: ${id}`);
    // Each publish writes it once; beyond that, only a crash, or a disk that took no note of it, explains another.
    const excused = excuses.filter((at) => at >= (publishes[0]?.at ?? 0)).length;
    if (by.length > publishes.length + excused) broken.push(`written too often: ${id}`);
    // A process writes an event once for each time that it was published; the next one may once more, after a crash.
    for (const producer of new Set(by)) {
      const times = by.filter((other) => other === producer).length;
      if (times > publishes.length) broken.push(`written too often by one process: ${id}`);
    }
  }
  return { acknowledged: sent.filter(({ acknowledged }) => acknowledged).length, repeated, broken };
}
