import { basename, join } from 'node:path';
import { type KafkaRecord, type Placement, PublishError, type Publisher, type Spooled } from '../../core/model.js';
import type { Resuming } from '../../kafka/unanswered.js';
import type { Clock } from '../../util/clock.js';
import { errorText } from '../../util/errors.js';
import type { Log } from '../../util/log.js';
import type { Files } from '../disk/files.js';
import { Keeper } from '../disk/keeper.js';
import { refuseNewer } from '../disk/refuse-newer.js';
import type { LanePorts } from './entry.js';
import { Journal } from './journal.js';
import { Lane, type LaneStatus } from './lane.js';
import type { JournalOptions } from './load-journal.js';
import { mustPersist, notSpooled } from './must-persist.js';
import { Parked } from './parked.js';
import { createRecovery } from './set-aside.js';
import type { SharedLanes } from './shared-lanes.js';

/** A record that Kafka hasn't acknowledged after so many milliseconds closes its lane. */
const patience = 2_000;
/** How often that is looked at while something waits. */
const checkInterval = 100;
/** How often it is looked whether something waits, and whether somebody wants parked records to be sent again. */
const restInterval = 1_000;

export interface SpoolOptions {
  /** Absolute path; one process at a time has it. */
  readonly folder: string;
  readonly maxBytes: number;
  /** Every topic that a record can go to; a leftover of another topic is sent too. */
  readonly topics: readonly string[];
  /** To begin with. A dead letter that Kafka refuses for good is parked at once: there is nowhere else for it to go. */
  readonly deadLetterTopic: string;
  readonly files: Files;
  /** Makes sure that the folder is still this process's alone: see `Lock`. */
  readonly retake: () => Promise<void>;
  /** The lanes that the gateway's workers have together; absent: this is the only process. `own`: it is not an adopted part. */
  readonly shared?: { readonly lanes: SharedLanes; readonly own: boolean } | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** How the spool of one process is. */
export interface SpoolStatus {
  readonly lanes: readonly TopicStatus[];
  /** Bytes on disk, parked ones included, and how many there may be. */
  readonly bytes: number;
  readonly maxBytes: number;
  /** Since when it refuses records for want of room, in milliseconds since the epoch; absent while it takes them. */
  readonly fullSince?: number;
  /** Why the disk takes nothing; absent while it does. */
  readonly unusable?: string;
  /** Files that can't be read and are set aside. */
  readonly damagedFiles: number;
}

export interface TopicStatus extends LaneStatus {
  /** Records that Kafka has refused for good. */
  readonly parked: number;
}

export interface Spool extends Publisher {
  status(): SpoolStatus;
  /** From now on this is the topic of dead letters. */
  adapt(next: { readonly deadLetterTopic: string }): void;
}

/**
 * A Publisher that keeps on the local disk what Kafka can't take now: see `Lane` for how. What a former process has left
 * in the folder is sent first. It says "stopping" to Kafka only after everything that it has promised is safe.
 */
export async function openSpool(kafka: Publisher<Placement> & Resuming, options: SpoolOptions): Promise<Spool> {
  const { folder, files, clock, log } = options;
  const keeper = new Keeper({ files, date: () => clock.date(), log });
  const leftBehind = await files.list(join(folder, 'topics'));
  for (const topic of leftBehind) await refuseNewer(files, join(folder, 'topics', topic));
  const parked = await Parked.open(journalOptions(options, keeper, 'parked'), clock);
  const spool = new TopicSpools(kafka, options, keeper, parked);
  await spool.open(leftBehind);
  return {
    publish: (record) => spool.publish(record),
    ready: () => spool.ready(),
    connected: () => kafka.connected(),
    status: () => spool.status(),
    adapt: (next) => spool.adapt(next),
    close: () => spool.close(),
  };
}

/** The lanes of all topics, and what they share: the room on the disk, and the records that Kafka has refused. */
class TopicSpools {
  readonly #kafka: Publisher<Placement> & Resuming;
  readonly #options: SpoolOptions;
  readonly #keeper: Keeper;
  readonly #parked: Parked;
  readonly #journals = new Map<string, Journal>();
  readonly #lanes = new Map<string, Lane>();
  readonly #openings = new Map<string, Promise<Lane>>();
  readonly #ports: LanePorts;
  readonly #recoverIfAsked: () => Promise<void>;
  #deadLetterTopic: string;
  #closing: Promise<void> | undefined;
  #fullSince: number | undefined;
  #unusable: string | undefined;
  #retriedAt: number;
  #verifying: Promise<void> | undefined;
  #cancelCheck: () => void;

  constructor(kafka: Publisher<Placement> & Resuming, options: SpoolOptions, keeper: Keeper, parked: Parked) {
    const { folder, files, clock, log, shared } = options;
    const date = () => clock.date();
    const send = (record: KafkaRecord) => this.publish(record);
    this.#kafka = kafka;
    this.#options = options;
    this.#keeper = keeper;
    this.#parked = parked;
    this.#deadLetterTopic = options.deadLetterTopic;
    this.#ports = {
      send: (record) => kafka.publish(record),
      resume: (batch) => kafka.resume(batch),
      connected: () => kafka.connected(),
      mayGrow: (bytes) => this.#mayGrow(bytes),
      park: (record, reason) => this.#park(record, reason),
      slots: shared?.lanes.slots ?? 1,
      clock,
      log,
    };
    this.#recoverIfAsked = createRecovery({ files, part: folder, keeper, send, date, log });
    this.#retriedAt = clock.now();
    this.#cancelCheck = clock.after(checkInterval, () => this.#check());
  }

  /** Opens the lanes that are known, and those of what a former process has left. */
  async open(leftBehind: readonly string[]): Promise<void> {
    const { topics, shared } = this.#options;
    for (const topic of new Set([...topics, ...leftBehind, ...this.#parked.counts.keys()])) await this.#openLane(topic);
    if (!shared?.own) return;
    shared.lanes.serve({ open: (topic) => this.#openLane(topic), take: (record) => this.#take(record, true) });
  }

  publish(record: KafkaRecord): Promise<Placement | Spooled> {
    const published = this.#take(record, false);
    return record.topic === this.#deadLetterTopic
      ? published.catch((error: unknown) => this.#parkLetter(record, error))
      : published;
  }

  /**
   * Whether a record would be made safe now. A spool that had to refuse one takes no more until it says so; that does not
   * matter only while none of its lanes needs it.
   */
  ready(): boolean {
    if (this.#closing !== undefined) return false;
    if (this.#fullSince !== undefined) {
      return this.#kafka.ready() && [...this.#lanes.values()].every(({ open }) => open);
    }
    return this.#unusable === undefined || this.#kafka.ready();
  }

  status(): SpoolStatus {
    const { counts } = this.#parked;
    return {
      lanes: [...this.#lanes.values()].map((lane) => ({ ...lane.status(), parked: counts.get(lane.topic) ?? 0 })),
      bytes: this.#usedBytes(),
      maxBytes: this.#options.maxBytes,
      damagedFiles: this.#keeper.count,
      ...(this.#unusable !== undefined && { unusable: this.#unusable }),
      ...(this.#fullSince !== undefined && { fullSince: this.#fullSince }),
    };
  }

  adapt({ deadLetterTopic }: { readonly deadLetterTopic: string }): void {
    this.#deadLetterTopic = deadLetterTopic;
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  #mayGrow(bytes: number): boolean {
    const may = this.#usedBytes() + bytes <= this.#options.maxBytes;
    this.#fullSince = may ? undefined : (this.#fullSince ?? this.#options.clock.date());
    return may;
  }

  #usedBytes(): number {
    let sum = this.#parked.bytes;
    for (const journal of this.#journals.values()) sum += journal.bytes;
    return sum;
  }

  /** A reload may bring topics that were not there at the start. */
  #openLane(topic: string): Promise<Lane> {
    const opening = this.#openings.get(topic) ?? this.#createLane(topic);
    this.#openings.set(topic, opening);
    return opening;
  }

  async #createLane(topic: string): Promise<Lane> {
    const { shared, log } = this.#options;
    const journal = await Journal.open(journalOptions(this.#options, this.#keeper, `topics/${topic}`));
    this.#journals.set(topic, journal);
    const lane = new Lane(topic, journal, this.#ports);
    this.#lanes.set(topic, lane);
    shared?.lanes.add(lane, shared.own);
    if (!lane.open)
      log('info', 'records of a former process are sent first', { topic, records: lane.status().spooled });
    void lane.drain();
    return lane;
  }

  /** Looks after the files of all topics; says so where they can't be used, and where they can be again. */
  async #verify(): Promise<void> {
    await Promise.all(this.#stores().map((each) => each.verify()));
    this.#noteFault();
  }

  #stores(): readonly (Parked | Lane)[] {
    return [this.#parked, ...this.#lanes.values()];
  }

  #noteFault(): void {
    const { log, folder } = this.#options;
    const faulty = this.#stores().find(({ fault }) => fault !== undefined);
    const before = this.#unusable;
    this.#unusable = faulty === undefined ? undefined : errorText(faulty.fault);
    if (this.#unusable !== undefined && before === undefined) {
      log('error', 'the spool cannot be used: without Kafka, webhooks are answered with 503', {
        folder,
        detail: this.#unusable,
        cure: 'make room, make the folder writable, or mount its volume again; it is used again by itself',
      });
    } else if (this.#unusable === undefined && before !== undefined) {
      log('info', 'the spool can be used again', { folder });
    }
  }

  #park(record: KafkaRecord, reason: string): Promise<void> {
    const { topic } = record;
    const { log } = this.#options;
    if (!mustPersist(record)) {
      log('warn', 'an unverified dead letter is refused by Kafka and dropped', { topic, reason });
      return Promise.resolve();
    }
    log('error', 'a spooled record is refused by Kafka and parked: see gateway spool list', { topic, reason });
    return this.#parked.add(record, reason);
  }

  #check(): void {
    const { clock, maxBytes, shared } = this.#options;
    let waiting = false;
    for (const lane of this.#lanes.values()) waiting = lane.check(patience) || waiting;
    if (shared?.own) waiting = shared.lanes.check() || waiting;
    this.#noteFault();
    if (this.#usedBytes() < maxBytes / 2) this.#fullSince = undefined;
    if (clock.now() - this.#retriedAt >= restInterval) this.#lookAround();
    this.#cancelCheck = clock.after(waiting ? checkInterval : restInterval, () => this.#check());
  }

  /** Whether somebody has asked for something, and whether the files can still be used. */
  #lookAround(): void {
    this.#retriedAt = this.#options.clock.now();
    void this.#parked.retryIfAsked((record) => this.publish(record), this.#options.log);
    void this.#recoverIfAsked();
    this.#verifying ??= this.#verify().finally(() => {
      this.#verifying = undefined;
    });
  }

  /** `forwarded`: by another worker, which deals with what comes of it. */
  #take(record: KafkaRecord, forwarded: boolean): Promise<Placement | Spooled> {
    const { topic } = record;
    const { shared } = this.#options;
    const lane = this.#lanes.get(topic);
    if (lane === undefined) return this.#openLane(topic).then(() => this.#take(record, forwarded));
    if (this.#closing !== undefined)
      return Promise.reject(new PublishError('unavailable', 'CLOSED', 'the gateway is stopping'));
    const connected = this.#kafka.connected();
    if (!mustPersist(record) && !(connected && lane.open)) return Promise.reject(notSpooled());
    // Where it is known that Kafka doesn't answer, nobody waits to find out once more.
    if (!connected) lane.close('Kafka does not answer');
    return shared?.own ? shared.lanes.publish(record, forwarded) : lane.publish(record);
  }

  async #parkLetter(record: KafkaRecord, error: unknown): Promise<Spooled> {
    if (!(error instanceof PublishError) || error.kind !== 'refused' || !mustPersist(record)) throw error;
    await this.#park(record, error.reason);
    return { topic: record.topic, spooled: true };
  }

  async #finish(): Promise<void> {
    const { shared } = this.#options;
    this.#cancelCheck();
    await this.#verifying;
    if (shared?.own) await shared.lanes.settle(patience);
    await Promise.all([...this.#lanes.values()].map((lane) => lane.settle(patience)));
    await this.#kafka.close();
    const unanswered = this.#kafka.unanswered();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.stop(unanswered)));
    await this.#parked.close();
  }
}

function journalOptions({ files, folder, retake }: SpoolOptions, keeper: Keeper, name: string): JournalOptions {
  return { files, folder: join(folder, name), stream: `${basename(folder)}/${name}`, keeper, retake };
}
