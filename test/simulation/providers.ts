import { hash } from 'node:crypto';
import { type Fingerprint, type KafkaRecord, PublishError, type Publisher } from '../../src/core/model.js';
import type { Ledger, Publish, SentEvent } from './events.js';
import type { Host } from './host.js';
import type { World } from './world.js';

export const topics = ['orders', 'refunds'];
const keys = ['a', 'b', 'c', 'd'];

/** They send events, send again what got no 200, and some of what did. */
export class Providers {
  readonly sent: SentEvent[] = [];
  /** Answers `duplicate`; acknowledgements after a 503. */
  duplicates = 0;
  late = 0;
  /** Deliveries that have no answer yet. */
  #underWay = 0;
  /** Deliveries that will be made again. */
  #planned = 0;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #host: Host;

  constructor(world: World, ledger: Ledger, host: Host) {
    this.#world = world;
    this.#ledger = ledger;
    this.#host = host;
  }

  send(): void {
    const { dice } = this.#world;
    const id = `e${this.sent.length}`;
    // Some providers give one id to several events.
    const providerId = this.sent.length > 0 && dice.chance(0.1) ? dice.pick(this.sent).providerId : id;
    const event = {
      id,
      providerId,
      topic: dice.pick(topics),
      key: dice.pick(keys),
      size: dice.below(300),
      big: dice.chance(0.02),
      acknowledged: false,
      publishes: [],
      fingerprint: fingerprintOf(id, providerId),
    };
    if (!this.#host.takes) return;
    this.sent.push(event);
    this.#deliver(event);
    if (dice.chance(0.05)) this.#deliver(event);
  }

  repeat(): void {
    if (this.sent.length > 0) this.#deliver(this.#world.dice.pick(this.sent));
  }

  #deliver(event: SentEvent): void {
    const { gateway, life, takes } = this.#host;
    if (gateway === undefined || !takes) return;
    this.#underWay++;
    const settle = () => {
      if (life === this.#host.life) this.#underWay--;
    };
    gateway.dedupe
      .once(event.fingerprint, () => this.#publish(event, gateway.publisher, life))
      .then(
        ({ duplicate }) => {
          settle();
          if (life !== this.#host.life) return;
          event.acknowledged = true;
          if (duplicate) this.duplicates++;
        },
        (error: unknown) => {
          settle();
          // What Kafka refuses becomes a dead letter, which is not looked at here.
          if (!(error instanceof PublishError && error.kind === 'refused')) this.#deliverLater(event);
        },
      );
  }

  #deliverLater(event: SentEvent): void {
    const { dice } = this.#world;
    if (!dice.chance(0.7)) return;
    this.#planned++;
    this.#world.after(dice.below(5_000), () => {
      this.#planned--;
      this.#deliver(event);
    });
  }

  async #publish(event: SentEvent, publisher: Publisher, life: number) {
    const { id, topic, key, size, big } = event;
    const note = this.#ledger.publish(event, life, this.#world.now());
    const headers: KafkaRecord['headers'] = { ce_id: id, ...(big ? { big: 'yes' } : {}) };
    try {
      const placement = await publisher.publish({ topic, key, headers, value: Buffer.alloc(size, id) });
      note.safe = this.#world.now();
      return placement;
    } catch (error) {
      note.failed = true;
      if (error instanceof PublishError) error.late?.then(() => this.#succeedLate(note), ignore);
      throw error;
    }
  }

  /** Kafka had it after all: from now on it is known. */
  #succeedLate(note: Publish): void {
    delete note.failed;
    note.safe = this.#world.now();
    this.late++;
  }

  /** Somebody waits for an answer, or will ask again. */
  get busy(): boolean {
    return this.#underWay + this.#planned > 0;
  }

  /** The process is dead: nobody waits for its answers. */
  forget(): void {
    this.#underWay = 0;
  }
}

function fingerprintOf(id: string, providerId: string): Fingerprint {
  return { endpoint: 'sim', id: providerId, type: 'paid', digest: hash('sha256', id, 'base64'), by: 'content' };
}

function ignore(): void {}
