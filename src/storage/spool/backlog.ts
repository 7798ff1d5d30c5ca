import type { KafkaRecord } from '../../core/model.js';
import type { Unanswered } from '../../kafka/unanswered.js';
import { errorText } from '../../util/errors.js';
import type { Frame } from '../disk/frame.js';
import { Appender } from './appender.js';
import type { LanePorts, SpoolEntry } from './entry.js';
import type { Journal } from './journal.js';
import { Progress } from './progress.js';
import { noteUnanswered, type Resumed, Resumption } from './resumption.js';
import { decodeSpooled } from './spooled-record.js';

/** So many records at once wait in the batcher. */
const window = 1_000;
const readBytes = 1024 * 1024;
/** Milliseconds until what the disk has refused is tried again. */
const retryPause = 5_000;

/** What a backlog needs of its lane. */
export interface LaneEnds {
  /** Gives it to the batcher, and tells `onAcknowledged` or `onRefused` in the end. */
  send(entry: SpoolEntry): void;
  /** All of the journal is with the batcher: what comes next follows it there. */
  onEmpty(): void;
  /** See `resting`. */
  onRest(): void;
}

/**
 * How much of the journal may be sent: nothing more, what was in flight when the lane closed, what was spooled when there were
 * more workers or fewer, or all of it. Alone, a process may always send all.
 */
export type Extent = 'none' | 'inFlight' | 'former' | 'all';

/**
 * What a closed lane holds: a journal, drained from the front through the batcher. One record is sent to find out whether
 * Kafka takes any; then they flow. What was with the batcher already when the lane closed is in the journal too, in front.
 */
export class Backlog {
  readonly #topic: string;
  readonly #journal: Journal;
  readonly #ports: LanePorts;
  readonly #ends: LaneEnds;
  readonly #appender: Appender;
  readonly #progress: Progress;
  readonly #resumption: Resumption;
  /** What is damaged up to this number was reported when the journal was opened. */
  readonly #found: number;
  #pending: boolean;
  /** With the batcher, and in the journal. */
  readonly #resent = new Map<number, SpoolEntry>();
  /** The journal is handed over to the batcher up to this number. */
  #handedOver: number;
  /** Nothing was acknowledged since the lane closed: one record is sent to find out. */
  #suspect = true;
  /** Numbers up to here were looked for and not found. */
  #lookedFor = 0;
  #draining = false;
  #extent: Extent = 'all';
  /** Read, and not to be sent yet. */
  #ahead: readonly Frame[] = [];
  /** Nothing more of the extent is there to be sent. */
  #reached = false;

  constructor(topic: string, journal: Journal, ports: LanePorts, ends: LaneEnds) {
    this.#topic = topic;
    this.#journal = journal;
    this.#ports = ports;
    this.#ends = ends;
    this.#progress = new Progress(journal, (detail) =>
      ports.log('error', 'the spool cannot be cleared', { topic, detail }),
    );
    this.#appender = new Appender(topic, journal, ports, (number, owed) => this.#onAppended(number, owed));
    this.#resumption = new Resumption(topic, journal, ports);
    this.#found = journal.last;
    this.#handedOver = journal.done;
    this.#pending = journal.last > journal.done;
  }

  /** True until all of the journal is with the batcher. */
  get pending(): boolean {
    return this.#pending;
  }

  /** Kafka has all that may be sent. */
  get resting(): boolean {
    return this.#resent.size === 0 && (this.#extent === 'all' ? !this.#pending : this.#reached);
  }

  /** Records that Kafka does not have yet. */
  get size(): number {
    return this.#progress.countOpen(this.#appender.last);
  }

  /** Records that could not be spooled since the start. */
  get refused(): number {
    return this.#appender.refused;
  }

  /** What became of what a former process had in flight; undefined: it had nothing. */
  get resumed(): Resumed | undefined {
    return this.#resumption.counts;
  }

  /** When the first of them was accepted, in milliseconds since the epoch; undefined while that isn't known. */
  get oldest(): number | undefined {
    for (const entries of [this.#resent, this.#appender.underWay]) for (const { at } of entries.values()) return at;
    return undefined;
  }

  /** Begins with these, which are with the batcher. */
  begin(entries: readonly SpoolEntry[]): void {
    this.#pending = true;
    this.#suspect = true;
    for (const entry of entries) {
      entry.inFlight = true;
      this.append(entry);
      if (entry.number !== undefined) this.#resent.set(entry.number, entry);
    }
    this.#handedOver = Math.max(this.#handedOver, this.#appender.last);
    void this.drain();
  }

  append(entry: SpoolEntry): void {
    this.#appender.append(entry);
  }

  /** So much may be sent from now on. */
  allow(extent: Extent): void {
    this.#extent = extent;
    this.#reached = false;
    void this.drain();
  }

  /** Hands the journal over to the batcher, from the front; returns when there is nothing to do now. */
  async drain(): Promise<void> {
    if (this.#draining || !this.#pending) return;
    this.#draining = true;
    try {
      if (!(await this.#resume())) return;
      while (this.#pending && this.#extent !== 'none' && this.#resent.size < (this.#suspect ? 1 : window)) {
        const extent = this.#extent;
        const frames = await this.#read();
        // More may be sent than when it looked.
        if (frames.length === 0 && extent === this.#extent && !this.#reachEnd()) break;
        for (const { number, body } of frames) this.#handOver(number, body);
      }
    } catch (error) {
      const detail = errorText(error);
      this.#ports.log('error', 'the spool cannot be read', { topic: this.#topic, detail });
      this.#ports.clock.after(retryPause, () => void this.drain());
    } finally {
      this.#draining = false;
    }
    this.#tellRest();
  }

  /** Says whether the journal's turn has come. */
  async #resume(): Promise<boolean> {
    if (this.#resumption.done) return true;
    const done = await this.#resumption.run({
      has: (number) => this.#progress.has(number),
      finish: (number) => this.#finish(number),
    });
    if (this.#resumption.counts?.once) this.#suspect = false;
    return done;
  }

  onAcknowledged({ number }: SpoolEntry): void {
    this.#suspect = false;
    if (number !== undefined) this.#finish(number);
    void this.drain();
    if (number !== undefined) this.#tellRest();
  }

  /** Kafka will never take it. `owed`: it was promised. */
  onRefused({ record, number }: SpoolEntry, reason: string, owed: boolean): void {
    if (number === undefined) return;
    this.#suspect = false;
    this.#resent.delete(number);
    if (owed) this.#park(record, number, reason);
    else this.#finish(number);
    void this.drain();
    this.#tellRest();
  }

  /** Waits for the appends under way. */
  flush(): Promise<void> {
    return this.#journal.flush();
  }

  /** Rejects what only memory has. */
  giveUp(): void {
    this.#appender.giveUp();
  }

  /** Lets go of the journal; nothing may be in the batcher any more. `unanswered`: what it had sent, and has no answer to. */
  async stop(unanswered: readonly Unanswered[]): Promise<void> {
    await this.#progress.settle();
    if (this.#resumption.done) await noteUnanswered(this.#topic, this.#journal, unanswered, this.#resent, this.#ports);
    await this.#journal.close();
  }

  /** Until it is parked it stays in the journal, too. */
  #park(record: KafkaRecord, number: number, reason: string): void {
    this.#ports.park(record, reason).then(
      () => this.#finish(number),
      () => this.#ports.clock.after(retryPause, () => this.#park(record, number, reason)),
    );
  }

  #onAppended(number: number, owed: boolean): void {
    // Where the batcher has it, its acknowledgement finishes it.
    if (!owed && !this.#resent.has(number)) this.#finish(number);
    void this.drain();
  }

  /** The next frames that may be sent. */
  async #read(): Promise<readonly Frame[]> {
    const frames = this.#ahead.length > 0 ? this.#ahead : await this.#journal.read(this.#suspect ? 1 : readBytes);
    const end = frames.findIndex((frame) => !this.#mayBeSent(frame));
    this.#ahead = end < 0 ? [] : frames.slice(end);
    return end < 0 ? frames : frames.slice(0, end);
  }

  #mayBeSent({ number, body }: Frame): boolean {
    if (this.#extent === 'all' || number <= this.#handedOver || this.#progress.has(number)) return true;
    if (this.#extent === 'none') return false;
    const { inFlight = false, slots = 1 } = decodeSpooled(body);
    return inFlight || (this.#extent === 'former' && slots !== this.#ports.slots);
  }

  #handOver(number: number, body: Buffer): void {
    if (number <= this.#handedOver) return;
    for (let gone = this.#handedOver + 1; gone < number; gone++) this.#passOver(gone);
    this.#handedOver = number;
    if (this.#progress.has(number)) return;
    const { record, spooledAt } = decodeSpooled(body);
    this.#sendAgain({ record, since: this.#ports.clock.now(), at: spooledAt }, number);
  }

  /** It isn't in the journal any more, or never was. */
  #passOver(number: number): void {
    const unspooled = this.#appender.unspooled.get(number);
    if (unspooled !== undefined) this.#sendAgain(unspooled, number);
    else if (number <= this.#found || this.#progress.has(number)) this.#finish(number);
    else this.#lose(number);
  }

  #sendAgain(entry: SpoolEntry, number: number): void {
    entry.number = number;
    this.#handedOver = number;
    this.#appender.unspooled.delete(number);
    this.#resent.set(number, entry);
    this.#ends.send(entry);
  }

  /**
   * The journal gave nothing more. What became durable since it looked is there at the next look; what isn't, is lost. Says
   * whether to go on: before anything was acknowledged, what is being appended has to be durable first, and where there is
   * nothing to find out with, the connection has to be there.
   */
  #reachEnd(): boolean {
    if (this.#ahead.length > 0) return this.#reach();
    const { underWay, unspooled, last } = this.#appender;
    const unknown: number[] = [];
    for (let number = this.#handedOver + 1; number <= last; number++) {
      if (underWay.has(number) || unspooled.has(number) || this.#progress.has(number)) continue;
      if (number <= this.#found) this.#finish(number);
      else unknown.push(number);
    }
    for (const number of unknown) if (number <= this.#lookedFor) this.#lose(number);
    this.#lookedFor = Math.max(this.#lookedFor, ...unknown);
    if (unknown.length > 0) return true;
    if (this.#extent !== 'all') return this.#reach();
    if (this.#suspect && (underWay.size > 0 || !this.#ports.connected())) return false;
    this.#end();
    return true;
  }

  /** Nothing goes on before more may be sent. */
  #reach(): false {
    this.#reached = true;
    return false;
  }

  #tellRest(): void {
    if (this.resting) this.#ends.onRest();
  }

  #lose(number: number): void {
    const message = 'a spooled record cannot be read: what there is of it is kept on disk, see gateway spool recover';
    this.#ports.log('error', message, { topic: this.#topic, number });
    this.#finish(number);
  }

  /** All that is durable is with the batcher: what is being appended just now follows it there. */
  #end(): void {
    const waiting = [...this.#appender.underWay, ...this.#appender.unspooled].sort(([a], [b]) => a - b);
    for (const [number, entry] of waiting) if (number > this.#handedOver) this.#sendAgain(entry, number);
    this.#pending = false;
    this.#ends.onEmpty();
  }

  #finish(number: number): void {
    this.#resent.delete(number);
    this.#progress.finish(number);
  }
}
