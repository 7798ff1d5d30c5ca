import { PublishError } from '../../model.js';
import type { Entry, LanePorts } from './entry.js';
import type { Journal } from './journal.js';
import { encodeSpooled } from './spooled-record.js';

/** Milliseconds between two complaints about a spool that takes nothing. */
const complaintPause = 10_000;

/** Numbers a topic's records and brings them to the disk; a sender has its answer when his record is there, or can't be. */
export class Appender {
  /** By number: their append is under way, in the order of acceptance. */
  readonly underWay = new Map<number, Entry>();
  readonly #topic: string;
  readonly #journal: Journal;
  readonly #ports: LanePorts;
  /** An append has ended; `durable`: well. */
  readonly #onEnd: (number: number, durable: boolean) => void;
  #last: number;
  #refused = 0;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(topic: string, journal: Journal, ports: LanePorts, onEnd: (number: number, durable: boolean) => void) {
    this.#topic = topic;
    this.#journal = journal;
    this.#ports = ports;
    this.#onEnd = onEnd;
    this.#last = journal.last;
  }

  /** The highest number that was given. */
  get last(): number {
    return this.#last;
  }

  /** How many records found no room, or a disk that takes nothing. */
  get refused(): number {
    return this.#refused;
  }

  /** The entry has a number afterwards, unless the spool is full. */
  append(entry: Entry): void {
    const body = encodeSpooled({ record: entry.record, spooledAt: entry.at });
    if (!this.#ports.mayGrow(body.length)) {
      this.#fail(entry, 'SPOOL_FULL', 'Kafka is not available, and the spool is full');
      return;
    }
    const number = ++this.#last;
    entry.number = number;
    this.underWay.set(number, entry);
    this.#journal.append(number, body).then(
      () => {
        this.underWay.delete(number);
        entry.answer?.resolve({ topic: this.#topic, spooled: true });
        delete entry.answer;
        this.#onEnd(number, true);
      },
      (error: unknown) => {
        this.underWay.delete(number);
        const detail = error instanceof Error ? error.message : String(error);
        this.#fail(entry, 'SPOOL_NOT_WRITTEN', `the spool cannot be written: ${detail}`);
        this.#onEnd(number, false);
      },
    );
  }

  #fail(entry: Entry, reason: string, detail: string): void {
    this.#refused++;
    const now = this.#ports.clock.now();
    if (now - this.#complainedAt > complaintPause) {
      this.#complainedAt = now;
      const message = 'records cannot be spooled: the provider is asked to send again';
      this.#ports.log('error', message, { topic: this.#topic, reason, detail });
    }
    entry.answer?.reject(new PublishError('unavailable', reason, detail, { late: entry.sent }));
    delete entry.answer;
  }
}
