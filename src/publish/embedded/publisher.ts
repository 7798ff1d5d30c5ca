import { getSystemErrorName } from 'node:util';
import type { EmbeddedSettings } from '../../config/settings.js';
import { type KafkaRecord, type Placement, PublishError, type Publisher } from '../../model.js';
import { encodeRecord, findEnd, openLog } from './log.js';

interface Append {
  readonly record: KafkaRecord;
  readonly timestamp: number;
  readonly resolve: (placement: Placement) => void;
  readonly reject: (error: PublishError) => void;
}

/**
 * A Publisher without Kafka: topics of one partition in an lmdb file. Group commit: while one transaction is being
 * synced, the next gathers. Rejects if the folder can't be used.
 */
export async function openEmbedded({ dir }: EmbeddedSettings): Promise<Publisher<Placement>> {
  const log = openLog(dir);
  let queue: Append[] = [];
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let healthy = true;

  function publish(record: KafkaRecord): Promise<Placement> {
    if (closing) {
      return Promise.reject(new PublishError('unavailable', 'CLOSED', 'the gateway is stopping and takes no records'));
    }
    return new Promise((resolve, reject) => {
      queue.push({ record, timestamp: Date.now(), resolve, reject });
      writing ??= writeAll();
    });
  }

  async function writeAll(): Promise<void> {
    while (queue.length > 0) {
      const group = queue;
      queue = [];
      await write(group);
    }
    writing = undefined;
  }

  async function write(group: readonly Append[]): Promise<void> {
    try {
      const offsets = await log.transaction(() => append(group));
      healthy = true;
      group.forEach(({ record, resolve }, index) => {
        resolve({ topic: record.topic, partition: 0, offset: BigInt(offsets[index] ?? 0) });
      });
    } catch (error) {
      healthy = false;
      const fault = translateError(await findCause(error), dir);
      for (const { reject } of group) reject(fault);
    }
  }

  /** Runs in the transaction, which other processes wait for: the offsets are contiguous. */
  function append(group: readonly Append[]): readonly number[] {
    const ends = new Map<string, number>();
    return group.map(({ record, timestamp }) => {
      const offset = ends.get(record.topic) ?? findEnd(log, record.topic);
      ends.set(record.topic, offset + 1);
      log.putSync([record.topic, offset], encodeRecord(record, timestamp));
      return offset;
    });
  }

  async function finish(): Promise<void> {
    await writing;
    await log.close();
  }

  return {
    publish,
    ready: () => healthy && closing === undefined,
    connected: () => healthy,
    close() {
      closing ??= finish();
      return closing;
    },
  };
}

/** lmdb has the reason of a failed commit in a promise, which nobody else handles. */
async function findCause(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && 'commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}

/** The `code` of an lmdb error is the system's errno, or one of lmdb's own, which are negative. */
function translateError(error: unknown, dir: string): PublishError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason = typeof code === 'number' && code > 0 ? getSystemErrorName(-code) : 'LOG_NOT_WRITTEN';
  const detail = error instanceof Error ? error.message : String(error);
  const message = `the embedded log in ${dir} can't be written: ${detail}`;
  return new PublishError('unavailable', reason, message, { cause: error });
}
