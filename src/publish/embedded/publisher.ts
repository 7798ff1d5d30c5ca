import { join } from 'node:path';
import type { EmbeddedSettings } from '../../config/settings.js';
import { type KafkaRecord, type Placement, PublishError, type Publisher } from '../../model.js';
import { type Clock, realClock } from '../clock.js';
import { type Files, realFiles } from '../disk/files.js';
import { type Lock, lockFolder } from '../disk/lock.js';
import type { Log } from '../log.js';
import { partitionFolder, topicsFolder } from './layout.js';
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
  { dir }: EmbeddedSettings,
  { slot = 0, log }: EmbeddedOptions,
  { files, clock, lock }: Machine = {
    files: realFiles,
    clock: realClock,
    lock: (folder) => lockFolder(folder, log, 0),
  },
): Promise<Publisher<Placement>> {
  const { partition, release } = await takePartition(dir, slot, lock);
  const logs = new Map<string, TopicLog>();
  const health = watchHealth(files, clock, join(partitionFolder(dir, partition), 'probe'));
  let queue: Append[] = [];
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  function publish(record: KafkaRecord): Promise<Placement> {
    if (closing) {
      return Promise.reject(new PublishError('unavailable', 'CLOSED', 'the gateway is stopping and takes no records'));
    }
    return new Promise((resolve, reject) => {
      queue.push({ record, timestamp: clock.date(), resolve, reject: (error) => reject(translateError(error, dir)) });
      writing ??= writeAll();
    });
  }

  async function writeAll(): Promise<void> {
    while (queue.length > 0) {
      await gather();
      const group = queue;
      queue = [];
      const faults = await Promise.all(byTopic(group).map(([topic, appends]) => logOf(topic).write(appends)));
      health.note(faults.every((fault) => fault === undefined));
    }
    writing = undefined;
  }

  /** A write costs much the same for one record as for many: it begins when a turn of the event loop brings no more. */
  async function gather(): Promise<void> {
    for (let known = 0; known < queue.length && queue.length < fullGroup; ) {
      known = queue.length;
      await new Promise(setImmediate);
    }
  }

  function logOf(topic: string): TopicLog {
    const known = logs.get(topic);
    if (known !== undefined) return known;
    const onDamage = (damage: object) => log('warn', 'a part of the embedded log is torn or damaged', { ...damage });
    const folder = join(topicsFolder(dir, partition), topic);
    const topicLog = new TopicLog({ files, folder, topic, partition, onDamage });
    logs.set(topic, topicLog);
    return topicLog;
  }

  async function finish(): Promise<void> {
    await writing;
    health.stop();
    await Promise.all([...logs.values()].map((each) => each.close()));
    await release();
  }

  return {
    publish,
    ready: () => health.good() && closing === undefined,
    connected: health.good,
    close() {
      closing ??= finish();
      return closing;
    },
  };
}

async function takePartition(dir: string, slot: number, lock: Machine['lock']): Promise<{ partition: number } & Lock> {
  for (let partition = slot; ; partition++) {
    try {
      const { release } = await lock(partitionFolder(dir, partition));
      return { partition, release };
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
function watchHealth(files: Files, clock: Clock, file: string) {
  let good = true;
  let stop: (() => void) | undefined;

  function note(well: boolean): void {
    good = well;
    stop?.();
    stop = well ? undefined : clock.after(probeInterval, () => void tryDisk());
  }

  async function tryDisk(): Promise<void> {
    const well = await files.replace(file, probe).then(
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
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'LOG_NOT_WRITTEN';
  const detail = error instanceof Error ? error.message : String(error);
  const message = `the embedded log in ${dir} can't be written: ${detail}`;
  return new PublishError('unavailable', reason, message, { cause: error });
}
