import { basename, join } from 'node:path';
import { type KafkaRecord, type Placement, PublishError, type Publisher, type Spooled } from '../../core/model.js';
import type { Resuming } from '../../kafka/unanswered.js';
import type { Clock } from '../../util/clock.js';
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
  const { folder, maxBytes, files, clock, log, retake, shared } = options;
  let { deadLetterTopic } = options;
  const journals = new Map<string, Journal>();
  const lanes = new Map<string, Lane>();
  const openings = new Map<string, Promise<Lane>>();
  const keeper = new Keeper({ files, date: () => clock.date(), log });
  const leftBehind = await files.list(join(folder, 'topics'));
  for (const topic of leftBehind) await refuseNewer(files, join(folder, 'topics', topic));
  const parked = await Parked.open(journalOptions('parked'), clock);
  const ports: LanePorts = {
    send: (record) => kafka.publish(record),
    resume: (batch) => kafka.resume(batch),
    connected: () => kafka.connected(),
    mayGrow,
    park,
    slots: shared?.lanes.slots ?? 1,
    clock,
    log,
  };
  let closing: Promise<void> | undefined;
  let fullSince: number | undefined;
  let unusable: string | undefined;
  let retriedAt = clock.now();
  let verifying: Promise<void> | undefined;
  const recoverIfAsked = createRecovery({ files, part: folder, keeper, send: publish, date: () => clock.date(), log });
  let cancelCheck = clock.after(checkInterval, check);

  function journalOptions(name: string): JournalOptions {
    return { files, folder: join(folder, name), stream: `${basename(folder)}/${name}`, keeper, retake };
  }

  function mayGrow(bytes: number): boolean {
    const may = usedBytes() + bytes <= maxBytes;
    fullSince = may ? undefined : (fullSince ?? clock.date());
    return may;
  }

  function usedBytes(): number {
    let sum = parked.bytes;
    for (const journal of journals.values()) sum += journal.bytes;
    return sum;
  }

  /** A reload may bring topics that were not there at the start. */
  function openLane(topic: string): Promise<Lane> {
    const opening = openings.get(topic) ?? createLane(topic);
    openings.set(topic, opening);
    return opening;
  }

  async function createLane(topic: string): Promise<Lane> {
    const journal = await Journal.open(journalOptions(`topics/${topic}`));
    journals.set(topic, journal);
    const lane = new Lane(topic, journal, ports);
    lanes.set(topic, lane);
    shared?.lanes.add(lane, shared.own);
    if (!lane.open)
      log('info', 'records of a former process are sent first', { topic, records: lane.status().spooled });
    void lane.drain();
    return lane;
  }

  /** Looks after the files of all topics; says so where they can't be used, and where they can be again. */
  async function verify(): Promise<void> {
    await Promise.all([parked, ...lanes.values()].map((each) => each.verify()));
    noteFault();
  }

  function noteFault(): void {
    const faults = [parked, ...lanes.values()].map(({ fault }) => fault).filter((fault) => fault !== undefined);
    const [fault] = faults;
    const before = unusable;
    unusable = fault === undefined ? undefined : fault instanceof Error ? fault.message : String(fault);
    if (unusable !== undefined && before === undefined) {
      log('error', 'the spool cannot be used: without Kafka, webhooks are answered with 503', {
        folder,
        detail: unusable,
        cure: 'make room, make the folder writable, or mount its volume again; it is used again by itself',
      });
    } else if (unusable === undefined && before !== undefined) {
      log('info', 'the spool can be used again', { folder });
    }
  }

  function park(record: KafkaRecord, reason: string): Promise<void> {
    if (!mustPersist(record)) {
      log('warn', 'an unverified dead letter is refused by Kafka and dropped', { topic: record.topic, reason });
      return Promise.resolve();
    }
    log('error', 'a spooled record is refused by Kafka and parked: see gateway spool list', {
      topic: record.topic,
      reason,
    });
    return parked.add(record, reason);
  }

  function check(): void {
    let waiting = false;
    for (const lane of lanes.values()) waiting = lane.check(patience) || waiting;
    if (shared?.own) waiting = shared.lanes.check() || waiting;
    noteFault();
    if (usedBytes() < maxBytes / 2) fullSince = undefined;
    if (clock.now() - retriedAt >= restInterval) {
      retriedAt = clock.now();
      void parked.retryIfAsked(publish, log);
      void recoverIfAsked();
      verifying ??= verify().finally(() => {
        verifying = undefined;
      });
    }
    cancelCheck = clock.after(waiting ? checkInterval : restInterval, check);
  }

  function publish(record: KafkaRecord): Promise<Placement | Spooled> {
    const { topic } = record;
    const published = take(record, false);
    return topic === deadLetterTopic ? published.catch((error: unknown) => parkLetter(record, error)) : published;
  }

  /** `forwarded`: by another worker, which deals with what comes of it. */
  function take(record: KafkaRecord, forwarded: boolean): Promise<Placement | Spooled> {
    const { topic } = record;
    const lane = lanes.get(topic);
    if (lane === undefined) return openLane(topic).then(() => take(record, forwarded));
    if (closing !== undefined)
      return Promise.reject(new PublishError('unavailable', 'CLOSED', 'the gateway is stopping'));
    if (!mustPersist(record) && !(kafka.connected() && lane.open)) return Promise.reject(notSpooled());
    // Where it is known that Kafka doesn't answer, nobody waits to find out once more.
    if (!kafka.connected()) lane.close('Kafka does not answer');
    return shared?.own ? shared.lanes.publish(record, forwarded) : lane.publish(record);
  }

  async function parkLetter(record: KafkaRecord, error: unknown): Promise<Spooled> {
    if (!(error instanceof PublishError) || error.kind !== 'refused' || !mustPersist(record)) throw error;
    await park(record, error.reason);
    return { topic: record.topic, spooled: true };
  }

  /**
   * Whether a record would be made safe now. A spool that had to refuse one takes no more until it says so; that does not
   * matter only while none of its lanes needs it.
   */
  function ready(): boolean {
    if (closing !== undefined) return false;
    if (fullSince !== undefined) return kafka.ready() && [...lanes.values()].every(({ open }) => open);
    return unusable === undefined || kafka.ready();
  }

  async function finish(): Promise<void> {
    cancelCheck();
    await verifying;
    if (shared?.own) await shared.lanes.settle(patience);
    await Promise.all([...lanes.values()].map((lane) => lane.settle(patience)));
    await kafka.close();
    const unanswered = kafka.unanswered();
    await Promise.all([...lanes.values()].map((lane) => lane.stop(unanswered)));
    await parked.close();
  }

  for (const topic of new Set([...options.topics, ...leftBehind, ...parked.counts.keys()])) await openLane(topic);
  if (shared?.own) shared.lanes.serve({ open: openLane, take: (record) => take(record, true) });
  return {
    publish,
    ready,
    connected: kafka.connected,
    status: () => ({
      lanes: [...lanes.values()].map((lane) => ({ ...lane.status(), parked: parked.counts.get(lane.topic) ?? 0 })),
      bytes: usedBytes(),
      maxBytes,
      damagedFiles: keeper.count,
      ...(unusable !== undefined && { unusable }),
      ...(fullSince !== undefined && { fullSince }),
    }),
    adapt(next) {
      ({ deadLetterTopic } = next);
    },
    close() {
      closing ??= finish();
      return closing;
    },
  };
}
