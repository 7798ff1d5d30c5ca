import type { KafkaRecord } from '../../../src/core/model.js';
import type { SimulatedKafka } from '../kafka.js';
import type { World } from '../world.js';
import type { SimulatedWorker } from './worker.js';

/** Milliseconds after which whoever has no answer hangs up. */
const patience = 20_000;

interface SentEvent {
  readonly id: string;
  answered: boolean;
  /** How often it was sent. */
  tries: number;
}

/** Events of one topic and key, in the order in which they were sent. */
interface Series {
  readonly topic: string;
  readonly key: string;
  readonly serial: boolean;
  readonly events: SentEvent[];
}

type Pick = () => SimulatedWorker | undefined;

/** Whoever sends events, and what they were promised. */
export class Senders {
  readonly #world: World;
  readonly #pick: Pick;
  readonly #series: Series[] = [];
  /** Nobody sends a new event. */
  stopped = false;
  #open = 0;

  constructor(world: World, pick: Pick) {
    this.#world = world;
    this.#pick = pick;
  }

  get answered(): number {
    return this.#series.reduce((sum, { events }) => sum + events.filter(({ answered }) => answered).length, 0);
  }

  /** Requests without an answer. */
  get open(): number {
    return this.#open;
  }

  /** Sends each event to any worker, when the one before has its 200; again, while it has none. */
  async runSerial(topic: string, key: string): Promise<void> {
    const series = this.#begin(topic, key, true);
    while (!this.stopped) {
      await this.#world.pause(this.#world.dice.below(this.#world.dice.chance(0.2) ? 400 : 10));
      const event = this.#add(series);
      while (!event.answered) {
        const worker = this.#pick();
        if (worker !== undefined) await this.#send(series, event, worker);
        if (!event.answered) await this.#world.pause(50 + this.#world.dice.below(1_000));
        if (!event.answered && this.stopped) return;
      }
    }
  }

  /** Sends several at once over one connection. */
  burst(topic: string): void {
    const worker = this.#pick();
    if (worker === undefined) return;
    const series = this.#begin(topic, `burst ${this.#series.length}`, false);
    const spread = this.#world.dice.pick([0, 100, 3_000]);
    let at = 0;
    for (let count = 2 + this.#world.dice.below(10); count > 0; count--) {
      at += this.#world.dice.below(spread + 1);
      this.#world.after(at, () => {
        if (!this.stopped) void this.#send(series, this.#add(series), worker);
      });
    }
  }

  judge(kafka: SimulatedKafka): readonly string[] {
    const places = new Map<string, number>();
    for (const { log } of kafka.logs.values()) {
      log.forEach(({ record }, offset) => {
        const id = record.headers.ce_id ?? '';
        if (!places.has(id)) places.set(id, offset);
      });
    }
    return this.#series.flatMap((series) => judgeSeries(series, places));
  }

  #begin(topic: string, key: string, serial: boolean): Series {
    const series = { topic, key, serial, events: [] };
    this.#series.push(series);
    return series;
  }

  #add({ key, topic, events }: Series): SentEvent {
    const event = { id: `${topic} ${key} ${events.length}`, answered: false, tries: 0 };
    events.push(event);
    return event;
  }

  async #send({ topic, key }: Series, event: SentEvent, worker: SimulatedWorker): Promise<void> {
    const headers: KafkaRecord['headers'] = { ce_id: event.id };
    const record = { topic, key, headers, value: Buffer.alloc(this.#world.dice.below(60), 'x') };
    event.tries++;
    this.#open++;
    await new Promise<void>((resolve) => {
      const cancel = this.#world.after(patience, resolve);
      worker
        .publish(record)
        .then(
          () => {
            event.answered = true;
          },
          () => undefined,
        )
        .finally(() => {
          cancel();
          resolve();
        });
    });
    this.#open--;
  }
}

/** In a series that waits for each answer all are in order; in another one those that were taken at the first try. */
function judgeSeries({ serial, events }: Series, places: ReadonlyMap<string, number>): readonly string[] {
  const broken: string[] = [];
  let last = -1;
  for (const { id, answered, tries } of events) {
    const place = places.get(id);
    if (answered && place === undefined) broken.push(`missing: ${id}`);
    if (place === undefined || !(answered || serial) || !(serial || tries === 1)) continue;
    if (place < last) broken.push(`out of order: ${id}`);
    last = Math.max(last, place);
  }
  return broken;
}
