import type { Endpoint, KafkaRecord, Placement } from '../../../src/core/model.js';
import { Ledger } from '../../../src/dead-letters/ledger.js';
import type { DeadLetter } from '../../../src/dead-letters/letter.js';
import type { ReplayPorts, ReplayTally } from '../../../src/dead-letters/plan.js';
import { replay } from '../../../src/dead-letters/replay.js';
import type { Positions, StoredRecord } from '../../../src/publish/read.js';

export const deadLetterTopic = 'webhooks.dlq';
const partitions = 2;

/** Numbers from 0 to below `limit`. */
export type Draw = (limit: number) => number;

/** Kafka in memory, and replays that crash in the middle of it. */
export class World {
  readonly #logs = new Map<string, StoredRecord[][]>();
  #clock = Date.UTC(2026, 0, 5);

  write({ topic, key, headers, value }: KafkaRecord): Placement {
    const logs = this.#logs.get(topic) ?? Array.from({ length: partitions }, () => []);
    this.#logs.set(topic, logs);
    const partition = [...key].reduce((sum, char) => sum + char.charCodeAt(0), 0) % partitions;
    const log = logs[partition] ?? [];
    const offset = BigInt(log.length);
    log.push({ topic, partition, offset, key, headers, value, timestamp: ++this.#clock });
    return { topic, partition, offset };
  }

  read(topic: string, from?: ReadonlyMap<number, bigint>): readonly StoredRecord[] {
    return (this.#logs.get(topic) ?? []).flatMap((log, partition) => log.slice(Number(from?.get(partition) ?? 0)));
  }

  ledger(): Ledger {
    const ledger = new Ledger();
    for (const record of this.read(deadLetterTopic)) ledger.add(record);
    return ledger;
  }

  /** Replays what isn't done. With `crash`, nothing is heard of it any more after so many writes, of which the last may or may not have come through. */
  async replay(
    endpoints: readonly Endpoint[],
    { crash, draw = () => 0, over = {} }: { crash?: number; draw?: Draw; over?: Partial<ReplayPorts> } = {},
  ): Promise<ReplayTally | undefined> {
    const ledger = this.ledger();
    const open = ledger.letters().filter(({ id }) => !ledger.isDone(id));
    let dead = (): void => undefined;
    const crashed = new Promise<undefined>((resolve) => {
      dead = () => resolve(undefined);
    });
    const publish = this.#publisher(crash, draw, dead);
    const ports = { ...this.#ports(endpoints), publisher: { ...idle, publish }, ...over };
    return Promise.race([replay(ledger, open, deadLetterTopic, ports), crashed]);
  }

  #publisher(crash = Number.POSITIVE_INFINITY, draw: Draw, dead: () => void) {
    let left = crash;
    const waiting: { readonly record: KafkaRecord; resolve(placement: Placement): void }[] = [];
    const step = (): void => {
      // Any of those under way; once it has crashed, some still come through, and nobody hears of it.
      const [next] = waiting.splice(draw(waiting.length), 1);
      if (next === undefined) return;
      if (left-- > 0) next.resolve(this.write(next.record));
      else if (draw(2) === 1) this.write(next.record);
      if (left < 0 && waiting.length === 0) dead();
    };
    return (record: KafkaRecord): Promise<Placement> =>
      new Promise((resolve) => {
        waiting.push({ record, resolve });
        setImmediate(step);
      });
  }

  #ports(endpoints: readonly Endpoint[]): Omit<ReplayPorts, 'publisher'> {
    return {
      endpoints,
      once: true,
      held: () => true,
      now: () => this.#clock,
      show: () => undefined,
      signal: new AbortController().signal,
      load: async (letters: readonly DeadLetter[]) => {
        const all = new Map(this.read(deadLetterTopic).map((record) => [record.headers.ce_id ?? '', record]));
        return new Map(letters.flatMap(({ id }) => [[id, all.get(id)] as const]).filter(hasRecord));
      },
      ends: async (topics) =>
        new Map(
          topics.map((topic) => [
            topic,
            new Map((this.#logs.get(topic) ?? []).map((log, partition) => [partition, BigInt(log.length)])),
          ]),
        ),
      readFrom: (positions) => this.#readFrom(positions),
    };
  }

  async *#readFrom(positions: Positions): AsyncGenerator<StoredRecord> {
    for (const [topic, from] of positions) yield* this.read(topic, from);
  }
}

const idle = { ready: () => true, connected: () => true, close: async () => undefined };

function hasRecord(entry: readonly [string, StoredRecord | undefined]): entry is [string, StoredRecord] {
  return entry[1] !== undefined;
}
