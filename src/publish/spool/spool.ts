import { join } from 'node:path';
import { type KafkaRecord, type Placement, PublishError, type Publisher, type Spooled } from '../../model.js';
import type { Clock } from '../clock.js';
import type { Files } from '../disk/files.js';
import type { Damage } from '../disk/segment.js';
import type { Log } from '../log.js';
import type { LanePorts } from './entry.js';
import { Journal } from './journal.js';
import { Lane, type LaneStatus } from './lane.js';
import { Parked } from './parked.js';

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
export async function openSpool(kafka: Publisher<Placement>, options: SpoolOptions): Promise<Spool> {
  const { folder, maxBytes, files, clock, log } = options;
  let { deadLetterTopic } = options;
  const journals = new Map<string, Journal>();
  const lanes = new Map<string, Lane>();
  const openings = new Map<string, Promise<Lane>>();
  const parked = await Parked.open(files, join(folder, 'parked'), clock, reportDamage);
  const ports: LanePorts = {
    send: (record) => kafka.publish(record),
    connected: () => kafka.connected(),
    mayGrow,
    park,
    clock,
    log,
  };
  let closing: Promise<void> | undefined;
  let fullSince: number | undefined;
  let retriedAt = clock.now();
  let cancelCheck = clock.after(checkInterval, check);

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
    const { journal, damage } = await Journal.open(files, join(folder, 'topics', topic));
    reportDamage(damage);
    journals.set(topic, journal);
    const lane = new Lane(topic, journal, ports);
    lanes.set(topic, lane);
    if (!lane.open)
      log('info', 'records of a former process are sent first', { topic, records: lane.status().spooled });
    void lane.drain();
    return lane;
  }

  function reportDamage(damage: readonly Damage[]): void {
    for (const each of damage)
      log('error', 'a part of the spool is damaged; what is whole around it is kept', { ...each });
  }

  function park(record: KafkaRecord, reason: string): Promise<void> {
    if (!isOwed(record)) {
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
    if (usedBytes() < maxBytes / 2) fullSince = undefined;
    if (clock.now() - retriedAt >= restInterval) {
      retriedAt = clock.now();
      void parked.retryIfAsked(publish, log);
    }
    cancelCheck = clock.after(waiting ? checkInterval : restInterval, check);
  }

  function publish(record: KafkaRecord): Promise<Placement | Spooled> {
    const { topic } = record;
    const lane = lanes.get(topic);
    if (lane === undefined) return openLane(topic).then(() => publish(record));
    if (closing !== undefined)
      return Promise.reject(new PublishError('unavailable', 'CLOSED', 'the gateway is stopping'));
    // Where it is known that Kafka doesn't answer, nobody waits to find out once more.
    if (!kafka.connected()) lane.close('Kafka does not answer');
    const published = lane.publish(record);
    return topic === deadLetterTopic ? published.catch((error: unknown) => parkLetter(record, error)) : published;
  }

  async function parkLetter(record: KafkaRecord, error: unknown): Promise<Spooled> {
    if (!(error instanceof PublishError) || error.kind !== 'refused' || !isOwed(record)) throw error;
    await park(record, error.reason);
    return { topic: record.topic, spooled: true };
  }

  async function finish(): Promise<void> {
    cancelCheck();
    await Promise.all([...lanes.values()].map((lane) => lane.settle(patience)));
    await kafka.close();
    await Promise.all([...lanes.values()].map((lane) => lane.stop()));
    await parked.close();
  }

  const leftBehind = await files.list(join(folder, 'topics'));
  for (const topic of new Set([...options.topics, ...leftBehind, ...parked.counts.keys()])) await openLane(topic);
  return {
    publish,
    ready: () => closing === undefined && (kafka.ready() || usedBytes() < maxBytes),
    connected: kafka.connected,
    status: () => ({
      lanes: [...lanes.values()].map((lane) => ({ ...lane.status(), parked: parked.counts.get(lane.topic) ?? 0 })),
      ...{ bytes: usedBytes(), maxBytes },
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

/** False of a dead letter that a stranger can have caused: see `schemas/record.schema.json`. */
function isOwed({ headers }: KafkaRecord): boolean {
  return headers.ce_verified !== 'false';
}
