import { type KafkaRecord, type Placement, PublishError, type Spooled } from '../../model.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Journal } from './journal.js';
import { decodeSpooled, encodeSpooled } from './spooled-record.js';

/** While a lane drains, so many records at once wait in the batcher. */
const window = 1_000;
const readBytes = 1024 * 1024;
/** Milliseconds until what the disk has refused is tried again. */
const retryPause = 5_000;
/** Milliseconds between two complaints about a spool that takes nothing. */
const complaintPause = 10_000;

/** What a lane needs of the world. */
export interface LanePorts {
  /** Settles when Kafka has the record or refuses it for good; keeps trying until then. */
  readonly send: (record: KafkaRecord) => Promise<Placement>;
  /** False while the spool may not grow by so many bytes. */
  readonly mayGrow: (bytes: number) => boolean;
  /** Keeps a record that was promised and that Kafka refuses for good. */
  readonly park: (record: KafkaRecord, reason: string) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Entry {
  readonly record: KafkaRecord;
  /** Milliseconds of the clock. */
  readonly since: number;
  /** Its number in the journal, once it has one. */
  number?: number;
  /** Absent once the one who waits has an answer. */
  answer?: { resolve(placement: Placement | Spooled): void; reject(error: PublishError): void };
}

/**
 * The way of one topic. Open: a record goes to Kafka, and its sender waits for the acknowledgement. Closed: it is
 * appended to the journal, and its sender waits for the disk. What had gone to Kafka unacknowledged when the lane closed
 * is appended too, in front, and stays with the batcher, which repeats it unchanged. A closed lane is drained from the
 * front through that same batcher, and is open again when all of the journal has been handed over: whatever comes next
 * queues up behind it. So the order of acceptance is the order in Kafka, per key.
 */
export class Lane {
  readonly topic: string;
  readonly #journal: Journal;
  readonly #ports: LanePorts;
  #open: boolean;
  #closedAt = 0;
  #complainedAt = Number.NEGATIVE_INFINITY;
  /** With the batcher, in no journal. In the order of acceptance. */
  readonly #direct = new Set<Entry>();
  /** With the batcher, and in the journal. */
  readonly #resent = new Map<number, Entry>();
  /** Their append is under way. */
  readonly #appending = new Map<number, Entry>();
  /** The journal is handed over to the batcher up to this number. */
  #handedOver: number;
  /** Everything up to here is in Kafka or parked; beyond it, what is in `#finished`. */
  #watermark: number;
  readonly #finished = new Set<number>();
  /** Nothing was acknowledged since the lane closed: one record is sent to find out. */
  #suspect = true;
  /** Numbers up to here were looked for and not found. */
  #lookedFor = 0;
  #draining = false;
  #forgetting: Promise<void> | undefined;
  #number: number;

  /** Closed at first if a former process has left something in the journal. */
  constructor(topic: string, journal: Journal, ports: LanePorts) {
    this.topic = topic;
    this.#journal = journal;
    this.#ports = ports;
    this.#number = journal.last;
    this.#watermark = journal.done;
    this.#handedOver = journal.done;
    this.#open = journal.last === journal.done;
    this.#closedAt = ports.clock.now();
  }

  get open(): boolean {
    return this.#open;
  }

  /** Records that Kafka does not have yet. */
  get backlog(): number {
    return this.#number - this.#watermark - this.#finished.size;
  }

  publish(record: KafkaRecord): Promise<Placement | Spooled> {
    return new Promise((resolve, reject) => {
      const entry: Entry = { record, since: this.#ports.clock.now(), answer: { resolve, reject } };
      if (this.#open) {
        this.#direct.add(entry);
        this.#send(entry);
      } else {
        this.#append(entry);
      }
    });
  }

  /** Closes the lane if its oldest record has waited for Kafka longer than `patience` milliseconds. */
  check(patience: number): void {
    const [oldest] = this.#direct;
    if (oldest === undefined || this.#ports.clock.now() - oldest.since <= patience) return;
    this.close('no acknowledgement');
  }

  /** From now on records are spooled, those in flight first. */
  close(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#suspect = true;
    this.#closedAt = this.#ports.clock.now();
    const entries = [...this.#direct];
    this.#direct.clear();
    this.#ports.log('warn', 'lane closed: records go to the spool', {
      topic: this.topic,
      reason,
      inFlight: entries.length,
    });
    for (const entry of entries) {
      this.#append(entry);
      if (entry.number !== undefined) this.#resent.set(entry.number, entry);
    }
    this.#handedOver = Math.max(this.#handedOver, this.#number);
    void this.drain();
  }

  /** Hands the journal over to the batcher, from the front; returns when there is nothing to do now. */
  async drain(): Promise<void> {
    if (this.#draining || this.#open) return;
    this.#draining = true;
    try {
      while (!this.#open && this.#resent.size < (this.#suspect ? 1 : window)) {
        const frames = await this.#journal.read(this.#suspect ? 1 : readBytes);
        if (frames.length === 0 && !this.#reachEnd()) break;
        for (const { number, body } of frames) this.#handOver(number, decodeSpooled(body).record);
      }
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#ports.log('error', 'the spool cannot be read', { topic: this.topic, detail });
      this.#ports.clock.after(retryPause, () => void this.drain());
    } finally {
      this.#draining = false;
    }
  }

  /** Waits a little for Kafka, then spools what it hasn't acknowledged. Whoever waits has an answer afterwards. */
  async settle(patience: number): Promise<void> {
    const { clock } = this.#ports;
    const end = clock.now() + patience;
    while (this.#open && this.#direct.size > 0 && clock.now() < end) {
      await new Promise<void>((resolve) => clock.after(10, resolve));
    }
    if (this.#direct.size > 0) this.close('the gateway is stopping');
    await this.#journal.flush();
  }

  /** Lets go of the journal; nothing may be in the batcher any more. */
  async stop(): Promise<void> {
    await this.#forgetting;
    await this.#journal.close();
  }

  #send(entry: Entry): void {
    this.#ports.send(entry.record).then(
      (placement) => this.#onAcknowledged(entry, placement),
      (error: PublishError) => this.#onFailed(entry, error),
    );
  }

  #onAcknowledged(entry: Entry, placement: Placement): void {
    this.#direct.delete(entry);
    entry.answer?.resolve(placement);
    delete entry.answer;
    this.#suspect = false;
    if (entry.number !== undefined) this.#finish(entry.number);
    void this.drain();
  }

  #onFailed(entry: Entry, error: PublishError): void {
    this.#direct.delete(entry);
    const owed = entry.answer === undefined;
    entry.answer?.reject(error);
    delete entry.answer;
    if (entry.number === undefined) return;
    if (error.kind === 'unavailable') return; // The batcher has stopped; the journal keeps it for the next start.
    this.#suspect = false;
    this.#resent.delete(entry.number);
    if (owed) this.#park(entry.record, entry.number, error.reason);
    else this.#finish(entry.number);
    void this.drain();
  }

  /** Until it is parked it stays in the journal, too. */
  #park(record: KafkaRecord, number: number, reason: string): void {
    this.#ports.park(record, reason).then(
      () => this.#finish(number),
      () => this.#ports.clock.after(retryPause, () => this.#park(record, number, reason)),
    );
  }

  #append(entry: Entry): void {
    const { record } = entry;
    const body = encodeSpooled({ record, spooledAt: this.#ports.clock.date() });
    if (!this.#ports.mayGrow(body.length)) {
      const message = 'Kafka is not available, and the spool is full';
      this.#fail(entry, new PublishError('unavailable', 'SPOOL_FULL', message));
      return;
    }
    const number = ++this.#number;
    entry.number = number;
    this.#appending.set(number, entry);
    this.#journal.append(number, body).then(
      () => {
        this.#appending.delete(number);
        entry.answer?.resolve({ topic: this.topic, spooled: true });
        delete entry.answer;
        void this.drain();
      },
      (error: unknown) => {
        this.#appending.delete(number);
        const detail = error instanceof Error ? error.message : String(error);
        this.#fail(
          entry,
          new PublishError('unavailable', 'SPOOL_NOT_WRITTEN', `the spool cannot be written: ${detail}`),
        );
        // Where the batcher has it, its acknowledgement finishes it.
        if (!this.#resent.has(number)) this.#finish(number);
        void this.drain();
      },
    );
  }

  #fail(entry: Entry, error: PublishError): void {
    const now = this.#ports.clock.now();
    if (now - this.#complainedAt > complaintPause) {
      this.#complainedAt = now;
      this.#ports.log('error', 'records cannot be spooled: the provider is asked to send again', {
        ...{ topic: this.topic, reason: error.reason, detail: error.message },
      });
    }
    entry.answer?.reject(error);
    delete entry.answer;
  }

  #handOver(number: number, record: KafkaRecord): void {
    if (number <= this.#handedOver) return;
    // Those in between are damaged (reported when the journal was opened) or were never appended.
    for (let gone = this.#handedOver + 1; gone < number; gone++) this.#finish(gone);
    this.#handedOver = number;
    const entry: Entry = { record, since: this.#ports.clock.now(), number };
    this.#resent.set(number, entry);
    this.#send(entry);
  }

  /**
   * The journal gave nothing more. What became durable since it looked is there at the next look; what isn't, is lost. Says
   * whether to go on: before anything was acknowledged, what is being appended has to be durable first.
   */
  #reachEnd(): boolean {
    const unknown: number[] = [];
    for (let number = this.#handedOver + 1; number <= this.#number; number++) {
      if (!this.#appending.has(number) && !this.#finished.has(number) && number > this.#watermark) unknown.push(number);
    }
    for (const number of unknown) if (number <= this.#lookedFor) this.#lose(number);
    this.#lookedFor = Math.max(this.#lookedFor, ...unknown);
    if (unknown.length > 0) return true;
    if (this.#suspect && this.#appending.size > 0) return false;
    this.#reopen();
    return true;
  }

  #lose(number: number): void {
    this.#ports.log('error', 'a spooled record is damaged and lost', { topic: this.topic, number });
    this.#finish(number);
  }

  /** All that is durable is with the batcher: what is being appended just now follows it there. */
  #reopen(): void {
    for (const [number, entry] of this.#appending) {
      if (number <= this.#handedOver) continue;
      this.#handedOver = number;
      this.#resent.set(number, entry);
      this.#send(entry);
    }
    this.#open = true;
    const seconds = Math.round((this.#ports.clock.now() - this.#closedAt) / 100) / 10;
    this.#ports.log('info', 'lane open: records go to Kafka', { topic: this.topic, seconds });
  }

  #finish(number: number): void {
    this.#resent.delete(number);
    if (number <= this.#watermark) return;
    this.#finished.add(number);
    while (this.#finished.delete(this.#watermark + 1)) this.#watermark++;
    this.#forgetting ??= this.#forget();
  }

  async #forget(): Promise<void> {
    try {
      // A turn later, so that one look at the disk serves a whole batch.
      await Promise.resolve();
      while (this.#journal.done < this.#watermark) await this.#journal.forget(this.#watermark);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#ports.log('error', 'the spool cannot be cleared', { topic: this.topic, detail });
    } finally {
      this.#forgetting = undefined;
    }
  }
}
