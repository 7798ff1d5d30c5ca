import { type KafkaRecord, type Placement, PublishError } from '../core/model.js';
import type { Positions } from '../publish/read.js';
import type { JudgedEvent, LetterFailure } from './evaluate.js';
import { nameEvent, sharedName } from './event-name.js';
import type { Ledger } from './ledger.js';
import type { DeadLetter } from './letter.js';
import type { ReplayedEvent } from './marks.js';
import type { ReplayPorts, ReplayTally } from './plan.js';

/** Letter in doubt → its events that are in their topics, by `nameRecord`. */
export type OutgoingRecord = ReadonlyMap<string, ReadonlyMap<string, Placement>>;

/** What became of one event. */
export type Result = ReplayedEvent | LetterFailure;

/** The way of events to their topics: each goes once, as far as this replay, former ones and the gateway know. */
export class Outgoing {
  readonly #ledger: Ledger;
  readonly #found: OutgoingRecord;
  readonly #tally: ReplayTally;
  readonly #ports: ReplayPorts;
  /** Where each event of an endpoint is, or is going to be. */
  readonly #known = new Map<string, Promise<ReplayedEvent>>();
  readonly #ends: Map<string, Map<number, bigint>>;

  /** `doubt`: where the search for `found` began. It stays so until that batch is done. */
  constructor(ledger: Ledger, found: OutgoingRecord, doubt: Positions, tally: ReplayTally, ports: ReplayPorts) {
    this.#ends = new Map([...doubt].map(([topic, offsets]) => [topic, new Map(offsets)]));
    this.#ledger = ledger;
    this.#found = found;
    this.#tally = tally;
    this.#ports = ports;
  }

  /** Offsets behind which everything will lie that is published from now on. */
  async positions(topics: readonly string[]): Promise<Positions> {
    const targets = [...new Set(topics)];
    const unknown = targets.filter((topic) => !this.#ends.has(topic));
    const ends: Positions = unknown.length === 0 ? new Map() : await this.#ports.ends(unknown);
    for (const topic of unknown) this.#ends.set(topic, new Map(ends.get(topic)));
    return new Map(targets.map((topic) => [topic, this.#ends.get(topic) ?? new Map()]));
  }

  /** Synchronous up to the publish: events keep the order of the letters. */
  publish(letter: DeadLetter, event: JudgedEvent): Promise<Result> {
    const name = this.#ports.once ? sharedName(event.fingerprint) : undefined;
    const known = name === undefined ? undefined : this.#known.get(name);
    const published = known?.then((first) => ({ ...first, duplicate: true })) ?? this.#publishFirst(letter, event);
    if (name !== undefined && known === undefined) this.#known.set(name, published);
    const { item } = event;
    return published.then(
      (replayed) => this.#count(replayed),
      (error: unknown) => {
        if (!(error instanceof PublishError) || error.kind !== 'refused') throw error;
        return { reason: 'record_refused', detail: error.message, item };
      },
    );
  }

  #publishFirst(letter: DeadLetter, { id, record, fingerprint }: JudgedEvent): Promise<ReplayedEvent> {
    const found = this.#found.get(letter.id)?.get(nameRecord(record));
    const before = this.#ports.once ? this.#ledger.findEvent(fingerprint) : undefined;
    const named = { id, type: fingerprint.type, digest: fingerprint.digest };
    if (found === undefined && before !== undefined) return Promise.resolve({ ...before, ...named, duplicate: true });
    const { dedupe } = this.#ports;
    const send = () => (found ? Promise.resolve(found) : this.#send(this.#ports, record));
    if (dedupe === undefined) return send().then((placement) => ({ ...named, ...place(placement), duplicate: false }));
    return dedupe.once(fingerprint, send).then(({ placement, duplicate }) => ({
      ...named,
      duplicate: duplicate && found === undefined,
      ...('spooled' in placement ? { topic: placement.topic } : place(placement)),
    }));
  }

  async #send({ publisher }: ReplayPorts, record: JudgedEvent['record']): Promise<Placement> {
    const placement = await publisher.publish(record);
    this.#tally.published++;
    // Whatever comes later lies behind it.
    const ends = this.#ends.get(placement.topic);
    const next = placement.offset + 1n;
    if (ends && next > (ends.get(placement.partition) ?? 0n)) ends.set(placement.partition, next);
    return placement;
  }

  #count(event: ReplayedEvent): ReplayedEvent {
    if (event.duplicate) this.#tally.duplicates++;
    this.#tally.topics[event.topic] = (this.#tally.topics[event.topic] ?? 0) + 1;
    return event;
  }
}

/** Tells the records of one delivery apart. */
export function nameRecord({
  headers: { ce_id = '', ce_type = '', ce_digest = '' },
}: Pick<KafkaRecord, 'headers'>): string {
  return nameEvent({ endpoint: '', id: ce_id, type: ce_type, digest: ce_digest });
}

function place({ topic, partition, offset }: Placement): Placement {
  return { topic, partition, offset };
}
