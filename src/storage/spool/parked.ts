import { join } from 'node:path';
import { type KafkaRecord, PublishError } from '../../core/model.js';
import type { Clock } from '../../util/clock.js';
import { errorText } from '../../util/errors.js';
import type { Log } from '../../util/log.js';
import { Journal } from './journal.js';
import type { JournalOptions } from './load-journal.js';
import { decodeSpooled, encodeSpooled } from './spooled-record.js';

const readBytes = 1024 * 1024;
/** Whoever wants the parked records sent again puts a file of this name beside them. */
export const retryFile = 'retry';

/** Records that were promised and that Kafka refused for good. They stay until an operator has them sent again. */
export class Parked {
  readonly #options: JournalOptions;
  readonly #clock: Clock;
  readonly #journal: Journal;
  #number: number;
  readonly #counts = new Map<string, number>();
  #retrying = false;

  private constructor(options: JournalOptions, clock: Clock, journal: Journal) {
    this.#options = options;
    this.#clock = clock;
    this.#journal = journal;
    this.#number = journal.last;
  }

  static async open(options: JournalOptions, clock: Clock): Promise<Parked> {
    const journal = await Journal.open(options);
    const parked = new Parked(options, clock, journal);
    for (let frames = await journal.read(readBytes); frames.length > 0; frames = await journal.read(readBytes)) {
      for (const { body } of frames) parked.#count(decodeSpooled(body).record.topic, 1);
    }
    return parked;
  }

  get bytes(): number {
    return this.#journal.bytes;
  }

  /** Why the disk took nothing the last time; undefined while it does. */
  get fault(): unknown {
    return this.#journal.fault;
  }

  /** Looks whether its files are still there. */
  verify(): Promise<void> {
    return this.#journal.verify();
  }

  /** Topic → how many of its records are parked; 0 where it had some. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Resolves when it is durable. */
  async add(record: KafkaRecord, reason: string): Promise<void> {
    const body = encodeSpooled({ record, spooledAt: this.#clock.date(), parked: reason });
    await this.#journal.append(++this.#number, body);
    this.#count(record.topic, 1);
  }

  /** Sends what is parked again, if somebody has asked for it. What is refused once more is parked once more. */
  async retryIfAsked(send: (record: KafkaRecord) => Promise<unknown>, log: Log): Promise<void> {
    if (this.#retrying) return;
    this.#retrying = true;
    let asked = false;
    try {
      const { files, folder } = this.#options;
      const request = join(folder, retryFile);
      asked = (await files.text(request)) !== undefined;
      if (!asked) return;
      await files.remove(request);
      await this.#retry(send, log);
    } catch (error) {
      // A folder that cannot be read is reported by whoever looks after it; nobody may have asked for this.
      if (!asked) return;
      log('error', 'parked records could not be sent again: ask once more with gateway spool retry', {
        detail: errorText(error),
      });
    } finally {
      this.#retrying = false;
    }
  }

  async #retry(send: (record: KafkaRecord) => Promise<unknown>, log: Log): Promise<void> {
    const last = this.#number;
    let sent = 0;
    this.#journal.rewind();
    for (;;) {
      const frames = await this.#journal.read(readBytes);
      for (const { number, body } of frames) {
        if (number > last) break; // Refused once more, just now.
        const { record } = decodeSpooled(body);
        if (await this.#take(send, record)) sent++;
        await this.#journal.forget(number);
        this.#count(record.topic, -1);
      }
      if ((frames.at(-1)?.number ?? last) >= last) break;
    }
    log('info', 'parked records were sent again', { sent });
  }

  async #take(send: (record: KafkaRecord) => Promise<unknown>, record: KafkaRecord): Promise<boolean> {
    try {
      await send(record);
      return true;
    } catch (error) {
      if (!(error instanceof PublishError) || error.kind !== 'refused') throw error;
      await this.add(record, error.reason);
      return false;
    }
  }

  #count(topic: string, more: number): void {
    this.#counts.set(topic, (this.#counts.get(topic) ?? 0) + more);
  }

  close(): Promise<void> {
    return this.#journal.close();
  }
}
