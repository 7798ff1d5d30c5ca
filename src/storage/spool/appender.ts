import { PublishError } from '../../core/model.js';
import { errorText } from '../../util/errors.js';
import { longestBody } from '../disk/frame.js';
import type { LanePorts, SpoolEntry } from './entry.js';
import type { Journal } from './journal.js';
import { mustPersist, notSpooled } from './must-persist.js';
import { encodeSpooled } from './spooled-record.js';

/** Milliseconds between two complaints about a spool that takes nothing. */
const complaintPause = 10_000;

/** Milliseconds that a record which the disk does not take may wait for a Kafka that is connected. */
const patience = 2_000;

/** Numbers a topic's records and brings them to the disk; a sender has its answer when his record is there, or can't be. */
export class Appender {
  /** By number: their append is under way, in the order of acceptance. */
  readonly underWay = new Map<number, SpoolEntry>();
  /** By number: the disk didn't take them, and their senders wait for Kafka, when it is their turn. */
  readonly unspooled = new Map<number, SpoolEntry>();
  readonly #topic: string;
  readonly #journal: Journal;
  readonly #ports: LanePorts;
  /** An append has ended; `owed`: the record is durable, or still waits for Kafka. */
  readonly #onEnd: (number: number, owed: boolean) => void;
  #last: number;
  #refused = 0;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(topic: string, journal: Journal, ports: LanePorts, onEnd: (number: number, owed: boolean) => void) {
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

  /** The entry has a number afterwards, unless the spool is full or not for it. */
  append(entry: SpoolEntry): void {
    if (!mustPersist(entry.record)) {
      entry.answer?.reject(notSpooled(entry.sent));
      delete entry.answer;
      return;
    }
    const body = encodeSpooled({
      record: entry.record,
      spooledAt: entry.at,
      ...(entry.inFlight && { inFlight: true }),
      ...(this.#ports.slots > 1 && { slots: this.#ports.slots }),
    });
    if (!this.#ports.mayGrow(body.length)) {
      this.#fail(entry, 'SPOOL_FULL', 'Kafka is not available, and the spool is full');
      return;
    }
    if (body.length > longestBody) {
      const detail = `a record of ${body.length} bytes cannot be spooled: ${longestBody} are the most`;
      this.#fail(entry, 'RECORD_TOO_LARGE', detail, 'refused');
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
        const detail = errorText(error);
        this.#passToKafka(number, entry, `the spool cannot be written: ${detail}`);
      },
    );
  }

  /** Where Kafka is there, the record goes to it in its turn; its sender waits a little for that. */
  #passToKafka(number: number, entry: SpoolEntry, detail: string): void {
    const reason = 'SPOOL_NOT_WRITTEN';
    if (entry.answer === undefined || !this.#ports.connected()) {
      this.#fail(entry, reason, detail);
      this.#onEnd(number, false);
      return;
    }
    if (entry.sent === undefined) this.unspooled.set(number, entry);
    this.#onEnd(number, true);
    this.#ports.clock.after(patience, () => this.#giveUp(number, entry, detail));
  }

  /** Nobody is left waiting for a record that is neither spooled nor in Kafka. */
  giveUp(): void {
    for (const [number, entry] of this.unspooled) this.#giveUp(number, entry, 'the gateway is stopping');
  }

  #giveUp(number: number, entry: SpoolEntry, detail: string): void {
    const waits = this.unspooled.delete(number);
    if (entry.answer !== undefined) this.#fail(entry, 'SPOOL_NOT_WRITTEN', detail);
    if (waits) this.#onEnd(number, false);
  }

  #fail(entry: SpoolEntry, reason: string, detail: string, kind: PublishError['kind'] = 'unavailable'): void {
    this.#refused++;
    const now = this.#ports.clock.now();
    if (now - this.#complainedAt > complaintPause) {
      this.#complainedAt = now;
      const message = 'records cannot be spooled: the provider is asked to send again';
      this.#ports.log('error', message, { topic: this.#topic, reason, detail });
    }
    entry.answer?.reject(new PublishError(kind, reason, detail, { late: entry.sent }));
    delete entry.answer;
  }
}
