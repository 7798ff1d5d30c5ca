import { join } from 'node:path';
import type { EmbeddedSettings } from '../../config/settings.js';
import { type KafkaRecord, type Placement, PublishError, type Publisher } from '../../core/model.js';
import { type Clock, realClock } from '../../util/clock.js';
import { errorText } from '../../util/errors.js';
import type { Log } from '../../util/log.js';
import { type Files, realFiles } from '../disk/files.js';
import { longestBody } from '../disk/frame.js';
import { Keeper } from '../disk/keeper.js';
import { type Lock, lockFolder } from '../disk/lock.js';
import { refuseNewer } from '../disk/refuse-newer.js';
import { partitionFolder, topicsFolder } from './layout.js';
import { startRetention } from './retention.js';
import { type Append, TopicLog } from './topic-log.js';

/** Records that are not kept waiting for more. */
const fullGroup = 64;
/** Milliseconds between two looks whether the disk takes something again. */
const probeInterval = 1_000;
const probe = 'x'.repeat(64 * 1024);

export interface EmbeddedOptions {
  /** The partition that it takes, or the next one that nobody has. */
  readonly slot?: number;
  readonly log: Log;
}

/** What a test puts in place of the machine. */
export interface Machine {
  readonly files: Files;
  readonly clock: Clock;
  readonly lock: (folder: string) => Promise<Lock>;
}

/**
 * A Publisher without Kafka: topics in files that only grow. Each process writes a partition of its own; see layout.ts. Group
 * commit: while the files of one group are being synced, in parallel, the next gathers. Rejects if the folder can't be used.
 */
export async function openEmbedded(
  { dir, retention }: EmbeddedSettings,
  { slot = 0, log }: EmbeddedOptions,
  { files, clock, lock }: Machine = {
    files: realFiles,
    clock: realClock,
    lock: (folder) => lockFolder(folder, log, 0),
  },
): Promise<Publisher<Placement>> {
  const { partition, held } = await takePartition(dir, slot, lock);
  const folder = topicsFolder(dir, partition);
  try {
    for (const topic of await files.list(folder)) await refuseNewer(files, join(folder, topic));
  } catch (error) {
    await held.release();
    throw error;
  }
  const health = watchHealth(files, clock, held, join(partitionFolder(dir, partition), 'probe'));
  const cleaning = retention && startRetention({ retention, files, clock, log, folder });
  const keeper = new Keeper({ files, date: () => clock.date(), log });
  const writer = new PartitionWriter({ dir, partition, files, clock, held, keeper, health, cleaning });
  return {
    publish: (record) => writer.publish(record),
    ready: () => health.good() && writer.open,
    connected: health.good,
    close: () => writer.close(),
  };
}

interface WriterPorts {
  readonly dir: string;
  readonly partition: number;
  readonly files: Files;
  readonly clock: Clock;
  readonly held: Lock;
  readonly keeper: Keeper;
  readonly health: ReturnType<typeof watchHealth>;
  readonly cleaning: ReturnType<typeof startRetention> | undefined;
}

/** Writes the partition of one process, a group of records at a time. */
class PartitionWriter {
  readonly #ports: WriterPorts;
  readonly #logs = new Map<string, TopicLog>();
  #queue: Append[] = [];
  #writing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(ports: WriterPorts) {
    this.#ports = ports;
  }

  get open(): boolean {
    return this.#closing === undefined;
  }

  publish(record: KafkaRecord): Promise<Placement> {
    if (this.#closing) {
      return Promise.reject(new PublishError('unavailable', 'CLOSED', 'the gateway is stopping and takes no records'));
    }
    const tooLong = refuse(record);
    if (tooLong !== undefined) return Promise.reject(tooLong);
    const { clock, dir } = this.#ports;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(translateError(error, dir));
      this.#queue.push({ record, timestamp: clock.date(), resolve, reject: fail });
      this.#writing ??= this.#writeAll();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #writeAll(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#gather();
      const group = this.#queue;
      this.#queue = [];
      const faults = await Promise.all(byTopic(group).map(([topic, appends]) => this.#logOf(topic).write(appends)));
      this.#ports.health.note(faults.every((fault) => fault === undefined));
    }
    this.#writing = undefined;
  }

  /** A write costs much the same for one record as for many: it begins when a turn of the event loop brings no more. */
  async #gather(): Promise<void> {
    for (let known = 0; known < this.#queue.length && this.#queue.length < fullGroup; ) {
      known = this.#queue.length;
      await new Promise(setImmediate);
    }
  }

  #logOf(topic: string): TopicLog {
    const known = this.#logs.get(topic);
    if (known !== undefined) return known;
    const { dir, partition, files, keeper, held, cleaning } = this.#ports;
    const folder = join(topicsFolder(dir, partition), topic);
    const { retake } = held;
    const onBegin = () => cleaning?.look();
    const topicLog = new TopicLog({ files, folder, topic, partition, keeper, retake, onBegin });
    this.#logs.set(topic, topicLog);
    return topicLog;
  }

  async #finish(): Promise<void> {
    const { health, cleaning, held } = this.#ports;
    await this.#writing;
    health.stop();
    await cleaning?.stop();
    await Promise.all([...this.#logs.values()].map((each) => each.close()));
    await held.release();
  }
}

/** Here and not when it is written, where others are in the same group. */
function refuse({ key, headers, value }: KafkaRecord): PublishError | undefined {
  if (value.length <= longestBody / 2) return undefined;
  const length = value.length + Buffer.byteLength(JSON.stringify({ key, headers })) + factsAtMost;
  if (length <= longestBody) return undefined;
  const message = `a record of ${length} bytes cannot be kept: ${longestBody} are the most`;
  return new PublishError('refused', 'RECORD_TOO_LARGE', message);
}

/** Bytes of what the log adds to a record. */
const factsAtMost = 100;

async function takePartition(
  dir: string,
  slot: number,
  lock: Machine['lock'],
): Promise<{ readonly partition: number; readonly held: Lock }> {
  for (let partition = slot; ; partition++) {
    try {
      return { partition, held: await lock(partitionFolder(dir, partition)) };
    } catch (error) {
      if (!(error instanceof PublishError && error.reason === 'FOLDER_IN_USE')) throw error;
    }
  }
}

function byTopic(group: readonly Append[]): [topic: string, appends: Append[]][] {
  const topics = new Map<string, Append[]>();
  for (const append of group) {
    const appends = topics.get(append.record.topic);
    if (appends === undefined) topics.set(append.record.topic, [append]);
    else appends.push(append);
  }
  return [...topics];
}

/** After a failure nobody may send anything until the gateway is ready again: so it tries the disk by itself. */
function watchHealth(files: Files, clock: Clock, held: Lock, file: string) {
  let good = true;
  let stop: (() => void) | undefined;

  function note(well: boolean): void {
    good = well;
    stop?.();
    stop = well ? undefined : clock.after(probeInterval, () => void tryDisk());
  }

  async function tryDisk(): Promise<void> {
    const well = await held
      .retake()
      .then(() => files.replace(file, probe))
      .then(
        () => true,
        () => false,
      );
    await files.remove(file).catch(() => undefined);
    if (!good && stop !== undefined) note(well);
  }

  return {
    good: () => good,
    note,
    stop() {
      stop?.();
      stop = undefined;
    },
  };
}

function translateError(error: unknown, dir: string): PublishError {
  if (error instanceof PublishError) return error;
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'LOG_NOT_WRITTEN';
  const detail = errorText(error);
  const message = `the embedded log in ${dir} can't be written: ${detail}`;
  return new PublishError('unavailable', reason, message, { cause: error });
}
