import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddedSettings } from '../../config/settings.js';
import type { ReadOptions, StoredRecord } from '../read.js';
import { decodeRecord, findEnd, type Log, openLog } from './log.js';

/** Milliseconds. */
const pollInterval = 100;
/** Records per look, so that no read transaction lasts long. */
const chunk = 256;

/** Reads the log while others write it. */
export async function* readEmbedded(
  { dir }: EmbeddedSettings,
  topics: readonly string[],
  { from, until, signal }: ReadOptions,
): AsyncGenerator<StoredRecord, void, undefined> {
  const log = openLog(dir);
  const ends = topics.map((topic) => findEnd(log, topic));
  const { last = Number.POSITIVE_INFINITY, since = 0 } = typeof from === 'object' ? from : {};
  const positions = topics.map((topic, index) => ({
    topic,
    next: from === 'end' ? (ends[index] ?? 0) : Math.max(0, (ends[index] ?? 0) - last),
    end: until === 'end' ? (ends[index] ?? 0) : Number.MAX_SAFE_INTEGER,
  }));
  try {
    while (!signal?.aborted) {
      let found = 0;
      for (const position of positions) {
        for (const record of readChunk(log, position)) {
          if (signal?.aborted) return;
          found++;
          position.next = Number(record.offset) + 1;
          if (record.timestamp >= since) yield record;
        }
      }
      if (found > 0) continue;
      if (until === 'end') return;
      await delay(pollInterval, undefined, signal ? { signal } : {}).catch(() => undefined);
    }
  } finally {
    await log.close();
  }
}

function readChunk(log: Log, { topic, next, end }: { topic: string; next: number; end: number }): StoredRecord[] {
  const records: StoredRecord[] = [];
  for (const { key, value } of log.getRange({ start: [topic, next], end: [topic, end], limit: chunk })) {
    records.push(decodeRecord(key, value));
  }
  return records;
}
