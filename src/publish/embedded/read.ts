import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddedSettings } from '../../config/settings.js';
import type { Positions, ReadOptions, Recent, StoredRecord } from '../read.js';
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
  const positions = topics.map((topic) => ({ topic, ...bounds(topic, findEnd(log, topic), { from, until }) }));
  const since = isRecent(from) ? (from.since ?? 0) : 0;
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
      if (until !== 'abort') return;
      await delay(pollInterval, undefined, signal ? { signal } : {}).catch(() => undefined);
    }
  } finally {
    await log.close();
  }
}

function bounds(topic: string, now: number, { from, until }: ReadOptions): { next: number; end: number } {
  const next = firstOf(topic, now, from);
  if (until === 'abort') return { next, end: Number.MAX_SAFE_INTEGER };
  return { next, end: until === 'end' ? now : Number(until.get(topic)?.get(0) ?? 0) };
}

function firstOf(topic: string, now: number, from: ReadOptions['from']): number {
  if (from === 'end') return now;
  if (from === 'beginning') return 0;
  return isRecent(from) ? Math.max(0, now - (from.last ?? now)) : Number(from.get(topic)?.get(0) ?? 0);
}

function isRecent(from: ReadOptions['from']): from is Recent {
  return typeof from === 'object' && !(from instanceof Map);
}

/** A topic has one partition. */
export async function readEmbeddedEnds({ dir }: EmbeddedSettings, topics: readonly string[]): Promise<Positions> {
  const log = openLog(dir);
  try {
    return new Map(topics.map((topic) => [topic, new Map([[0, BigInt(findEnd(log, topic))]])]));
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
