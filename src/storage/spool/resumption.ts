import { type KafkaRecord, PublishError } from '../../core/model.js';
import type { Numbered, Unanswered } from '../../kafka/unanswered.js';
import { errorText } from '../../util/errors.js';
import type { LanePorts, SpoolEntry } from './entry.js';
import type { Journal } from './journal.js';
import type { LeftBatch } from './left.js';
import { decodeSpooled } from './spooled-record.js';

const readBytes = 1024 * 1024;

/** What became of the records that a former process had in flight. */
export interface Resumed {
  /** Sent under their former numbers: Kafka has each once. */
  readonly once: number;
  /** Nobody knows whether Kafka has them: they are sent again. */
  readonly unknown: number;
}

/** What of a backlog's numbers is done with. */
interface Numbers {
  has(number: number): boolean;
  finish(number: number): void;
}

/**
 * Goes on with what a former process had in flight when it was stopped, before anything else of its journal is sent. Each
 * batch is made once more of the journal's records and goes out under its former number, so that Kafka takes it if it
 * has not got it, and drops it if it has, or gets it late from a broker that had hung. Where that can't be, the records stay
 * in the journal, and are sent again: rather twice than never.
 */
export class Resumption {
  readonly #topic: string;
  readonly #journal: Journal;
  readonly #ports: LanePorts;
  #done: boolean;
  #once = 0;
  #unknown = 0;

  constructor(topic: string, journal: Journal, ports: LanePorts) {
    this.#topic = topic;
    this.#journal = journal;
    this.#ports = ports;
    this.#done = journal.left.batches.length === 0 || journal.last <= journal.done;
  }

  /** Undefined: there is nothing to tell. */
  get counts(): Resumed | undefined {
    if (this.#once + this.#unknown === 0) return undefined;
    return { once: this.#once, unknown: this.#unknown };
  }

  /** True once nothing is left of it, or it is known that it can't be had. */
  get done(): boolean {
    return this.#done;
  }

  /** Says whether it is done; it is not where the gateway was stopped meanwhile. Rejects where the journal can't be read. */
  async run(numbers: Numbers): Promise<boolean> {
    if (this.#done) return true;
    const { batches } = this.#journal.left;
    const found = await this.#find(new Set(batches.flatMap((batch) => batch.numbers)));
    const settled = await Promise.all(batches.map((batch) => this.#settle(batch, found, numbers)));
    if (settled.includes(false)) return false;
    this.#done = true;
    this.#tell();
    // Where it can't be removed, all that it names is done with at the next start.
    await this.#journal.left.clear().catch(() => undefined);
    return true;
  }

  /** The records that are in the journal, by number. */
  async #find(wanted: ReadonlySet<number>): Promise<ReadonlyMap<number, KafkaRecord>> {
    const found = new Map<number, KafkaRecord>();
    let last = 0;
    for (const number of wanted) last = Math.max(last, number);
    this.#journal.rewind();
    for (let frames = await this.#journal.read(readBytes); frames.length > 0; ) {
      for (const { number, body } of frames) {
        if (wanted.has(number)) found.set(number, decodeSpooled(Buffer.from(body)).record);
      }
      if ((frames.at(-1)?.number ?? last) >= last) break;
      frames = await this.#journal.read(readBytes);
    }
    this.#journal.rewind();
    return found;
  }

  /** False: the gateway was stopped before it was known. */
  async #settle(batch: LeftBatch, found: ReadonlyMap<number, KafkaRecord>, numbers: Numbers): Promise<boolean> {
    const open = batch.numbers.filter((number) => found.has(number) && !numbers.has(number));
    if (open.length === 0) return true;
    const sent = this.#remake(batch, found);
    const known = sent === undefined ? false : await this.#ports.resume(sent).catch(orStopped);
    if (known === undefined) return false;
    if (known) this.#once += open.length;
    else this.#unknown += open.length;
    if (known) for (const number of open) numbers.finish(number);
    return true;
  }

  #remake({ partition, numbers, numbering }: LeftBatch, found: ReadonlyMap<number, KafkaRecord>): Numbered | undefined {
    const records = numbers.flatMap((number) => found.get(number) ?? []);
    if (numbering === undefined || records.length < numbers.length) return undefined;
    return { topic: this.#topic, partition, records, numbering };
  }

  #tell(): void {
    const { log } = this.#ports;
    const topic = this.#topic;
    if (this.#once > 0)
      log('info', 'what a former process had in flight is in Kafka, once', { topic, records: this.#once });
    if (this.#unknown > 0) {
      const message = 'what a former process had in flight is sent again: Kafka may have it twice';
      log('warn', message, { topic, records: this.#unknown });
    }
  }
}

function orStopped(error: unknown): false | undefined {
  return error instanceof PublishError && error.reason === 'CLOSED' ? undefined : false;
}

/**
 * Notes what was in flight and has no answer, of the entries that a journal has by number. Where the disk doesn't take it, it
 * is said that these may be published twice.
 */
export async function noteUnanswered(
  topic: string,
  journal: Journal,
  unanswered: readonly Unanswered[],
  entries: ReadonlyMap<number, SpoolEntry>,
  { log }: LanePorts,
): Promise<void> {
  const numberOf = new Map([...entries].map(([number, { record }]) => [record, number]));
  const batches: LeftBatch[] = [];
  for (const { topic: of, partition, records, numbering } of unanswered) {
    const numbers = of === topic ? records.flatMap((record) => numberOf.get(record) ?? []) : [];
    // Whose sender was told that it isn't safe is not in the journal.
    if (numbers.length === records.length) batches.push({ partition, numbers, numbering });
    else if (numbers.length > 0) batches.push({ partition, numbers });
  }
  try {
    await journal.left.replace(batches);
  } catch (error) {
    const records = batches.reduce((sum, { numbers }) => sum + numbers.length, 0);
    const detail = errorText(error);
    log('error', 'what is in flight cannot be noted: the next start may publish it twice', { topic, records, detail });
  }
}
