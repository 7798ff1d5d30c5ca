import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddedSettings } from '../../config/settings.js';
import { type Files, realFiles } from '../disk/files.js';
import type { Damage } from '../disk/segment.js';
import type { Positions, ReadOptions, Recent, StoredRecord } from '../read.js';
import { Cursor } from './cursor.js';
import { findEnd, listPartitions, topicsFolder } from './layout.js';

/** Milliseconds. */
const pollInterval = 100;

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly folder: string;
}

/** Reads the log while others write it, the partitions of all topics in turn. */
export async function* readEmbedded(
  { dir }: EmbeddedSettings,
  topics: readonly string[],
  options: ReadOptions,
  files: Files = realFiles,
): AsyncGenerator<StoredRecord, void, undefined> {
  const { from, until, signal } = options;
  const since = isRecent(from) ? (from.since ?? 0) : 0;
  const cursors = new Map<string, Cursor>();
  for (let start = true; !signal?.aborted; start = false) {
    if (start || until === 'abort') {
      for (const place of await listPlaces(files, dir, topics)) {
        if (cursors.has(place.folder)) continue;
        cursors.set(place.folder, await openCursor(files, place, start ? options : { ...options, from: 'beginning' }));
      }
    }
    let found = 0;
    for (const cursor of cursors.values()) {
      for (const record of await cursor.read()) {
        if (signal?.aborted) return;
        found++;
        if (record.timestamp >= since) yield record;
      }
    }
    if (found > 0) continue;
    if (until !== 'abort') return;
    await delay(pollInterval, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

/** The topics of all partitions, as far as there are any. */
async function listPlaces(files: Files, dir: string, topics: readonly string[]): Promise<readonly Place[]> {
  const places: Place[] = [];
  for (const partition of await listPartitions(files, dir)) {
    const folder = topicsFolder(dir, partition);
    for (const topic of await files.list(folder)) {
      if (topics.includes(topic)) places.push({ topic, partition, folder: join(folder, topic) });
    }
  }
  return places;
}

async function openCursor(files: Files, place: Place, { from, until, log }: ReadOptions): Promise<Cursor> {
  const { topic, partition, folder } = place;
  const now = from === 'end' || until === 'end' || isRecent(from) ? await findEnd(files, folder) : 0;
  return new Cursor({
    ...{ files, topic, partition, folder },
    next: firstOf(place, now, from),
    end: endOf(place, now, until),
    onDamage: (damage: Damage) => log?.('warn', 'a part of the embedded log is damaged', { ...damage }),
  });
}

function firstOf({ topic, partition }: Place, now: number, from: ReadOptions['from']): number {
  if (from === 'end') return now;
  if (from === 'beginning') return 0;
  return isRecent(from) ? Math.max(0, now - (from.last ?? now)) : Number(from.get(topic)?.get(partition) ?? 0);
}

function endOf({ topic, partition }: Place, now: number, until: ReadOptions['until']): number {
  if (until === 'abort') return Number.POSITIVE_INFINITY;
  return until === 'end' ? now : Number(until.get(topic)?.get(partition) ?? 0);
}

function isRecent(from: ReadOptions['from']): from is Recent {
  return typeof from === 'object' && !(from instanceof Map);
}

/** Where each topic ends in each partition that has some of it; a topic that nobody has written to is left out. */
export async function readEmbeddedEnds(
  { dir }: EmbeddedSettings,
  topics: readonly string[],
  files: Files = realFiles,
): Promise<Positions> {
  const ends = new Map<string, Map<number, bigint>>();
  for (const { topic, partition, folder } of await listPlaces(files, dir, topics)) {
    const end = BigInt(await findEnd(files, folder));
    ends.set(topic, (ends.get(topic) ?? new Map<number, bigint>()).set(partition, end));
  }
  return ends;
}
