import type { KafkaRecord, Placement, PublishError, Spooled } from '../../core/model.js';
import type { Unanswered } from '../../kafka/unanswered.js';
import { Backlog, type Extent } from './backlog.js';
import type { LanePorts, SpoolEntry } from './entry.js';
import { InFlightList } from './in-flight-list.js';
import type { Journal } from './journal.js';
import type { Resumed } from './resumption.js';

/** How it goes on one topic's way. */
export interface LaneStatus {
  readonly topic: string;
  readonly open: boolean;
  /** Records that wait for Kafka: on disk, and with nothing but a sender who waits. */
  readonly spooled: number;
  /** Bytes on disk. */
  readonly bytes: number;
  /** Records that neither Kafka nor the spool could take, since the start. */
  readonly refused: number;
  /** What became of what a former process had in flight; absent: it had nothing. */
  readonly resumed?: Resumed;
  /** When the first one that waits on disk was accepted, in milliseconds since the epoch. */
  readonly oldest?: number;
}

/** Who decides when the lane may spool, where it isn't the lane itself. */
export interface Supervisor {
  /** Kafka takes nothing, and the lane may not close by itself. */
  onFailing(reason: string): void;
  /** Kafka has all of the journal that may be sent. */
  onRest(): void;
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
  readonly #backlog: Backlog;
  #closedAt: number;
  /** False: it asks its supervisor instead. */
  mayClose = true;
  #supervisor: Supervisor | undefined;
  /** With the batcher, in no journal. In the order of acceptance. */
  readonly #direct = new InFlightList<SpoolEntry>();

  /** Closed at first if a former process has left something in the journal. */
  constructor(topic: string, journal: Journal, ports: LanePorts) {
    this.topic = topic;
    this.#journal = journal;
    this.#ports = ports;
    this.#closedAt = ports.clock.now();
    this.#backlog = new Backlog(topic, journal, ports, {
      send: (entry) => this.#send(entry),
      onEmpty: () => this.#tellOpen(),
      onRest: () => this.#supervisor?.onRest(),
    });
  }

  /** Why the disk took nothing the last time; undefined while it does. */
  get fault(): unknown {
    return this.#journal.fault;
  }

  get open(): boolean {
    return !this.#backlog.pending;
  }

  status(): LaneStatus {
    const { oldest, size, refused, resumed } = this.#backlog;
    const counts = { spooled: size, bytes: this.#journal.bytes, refused };
    return {
      topic: this.topic,
      open: this.open,
      ...counts,
      ...(oldest !== undefined && { oldest }),
      ...(resumed && { resumed }),
    };
  }

  publish(record: KafkaRecord): Promise<Placement | Spooled> {
    const { clock } = this.#ports;
    return new Promise((resolve, reject) => {
      const entry: SpoolEntry = { record, since: clock.now(), at: clock.date(), answer: { resolve, reject } };
      if (this.open) {
        this.#direct.add(entry);
        this.#send(entry);
      } else {
        this.#backlog.append(entry);
      }
    });
  }

  /**
   * Closes the lane if its oldest record has waited for Kafka longer than `patience` milliseconds; drains a closed one. Says
   * whether anything waits.
   */
  check(patience: number): boolean {
    void this.drain();
    const oldest = this.#direct.first;
    if (oldest === undefined) return !this.open;
    if (this.#ports.clock.now() - oldest.since > patience) this.close('no acknowledgement');
    return true;
  }

  /** From now on records are spooled, those in flight first. */
  close(reason: string): void {
    if (!this.open) return;
    if (!this.mayClose) {
      this.#supervisor?.onFailing(reason);
      return;
    }
    this.#closedAt = this.#ports.clock.now();
    const entries = this.#direct.clear();
    const fields = { topic: this.topic, reason, inFlight: entries.length };
    this.#ports.log('warn', 'lane closed: records go to the spool', fields);
    this.#backlog.begin(entries);
  }

  /** From now on it sends and closes only as it is told. */
  obey(supervisor: Supervisor): void {
    this.#supervisor = supervisor;
    this.mayClose = false;
    this.#backlog.allow('none');
  }

  /** So much of the journal may be sent from now on. */
  allow(extent: Extent): void {
    this.#backlog.allow(extent);
  }

  /** Kafka has all of the journal that may be sent. */
  get resting(): boolean {
    return this.#backlog.resting;
  }

  /** Sends what is left from before. */
  drain(): Promise<void> {
    return this.#backlog.drain();
  }

  /** Waits a little for Kafka, then spools what it hasn't acknowledged. Whoever waits has an answer afterwards. */
  async settle(patience: number): Promise<void> {
    const { clock } = this.#ports;
    const end = clock.now() + patience;
    while (this.open && this.#direct.size > 0 && clock.now() < end) {
      await new Promise<void>((resolve) => clock.after(10, resolve));
    }
    this.mayClose = true;
    if (this.#direct.size > 0) this.close('the gateway is stopping');
    await this.#backlog.flush();
    this.#backlog.giveUp();
  }

  /** Looks whether the files are still there. */
  verify(): Promise<void> {
    return this.#journal.verify();
  }

  /** Lets go of the journal; nothing may be in the batcher any more. `unanswered`: what it had sent, and has no answer to. */
  stop(unanswered: readonly Unanswered[]): Promise<void> {
    return this.#backlog.stop(unanswered);
  }

  #send(entry: SpoolEntry): void {
    entry.sent = this.#ports.send(entry.record);
    entry.sent.then(
      (placement) => this.#onAcknowledged(entry, placement),
      (error: PublishError) => this.#onFailed(entry, error),
    );
  }

  #onAcknowledged(entry: SpoolEntry, placement: Placement): void {
    this.#direct.delete(entry);
    entry.answer?.resolve(placement);
    delete entry.answer;
    this.#backlog.onAcknowledged(entry);
  }

  #onFailed(entry: SpoolEntry, error: PublishError): void {
    this.#direct.delete(entry);
    const owed = entry.answer === undefined;
    entry.answer?.reject(error);
    delete entry.answer;
    // Unavailable: the batcher has stopped; the journal keeps it for the next start.
    if (error.kind === 'refused') this.#backlog.onRefused(entry, error.reason, owed);
  }

  #tellOpen(): void {
    const seconds = Math.round((this.#ports.clock.now() - this.#closedAt) / 100) / 10;
    this.#ports.log('info', 'lane open: records go to Kafka', { topic: this.topic, seconds });
  }
}
