import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddedSettings } from '../../config/settings.js';
import type { Positions, ReadOptions, Recent, Span, StoredRecord } from '../../publish/read.js';
import { type Files, realFiles } from '../disk/files.js';
import { Cursor } from './cursor.js';
import { findEnd, LogFiles, listPartitions, topicsFolder } from './layout.js';

/** Milliseconds. */
const pollInterval = 100;

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly folder: string;
}

/** Reads the log while others write it: each partition of a topic in its order, and what is there of all of them by time. */
export async function* readEmbedded(
  { dir }: EmbeddedSettings,
  topics: readonly string[],
  options: ReadOptions,
  files: Files = realFiles,
): AsyncGenerator<StoredRecord, void, undefined> {
  const { from, until, signal } = options;
  const since = isRecent(from) ? (from.since ?? 0) : 0;
  const sources = new Map<string, Source>();
  for (let start = true; !signal?.aborted; start = false) {
    if (start || until === 'abort') {
      for (const place of await listPlaces(files, dir, topics)) {
        if (sources.has(place.folder)) continue;
        const { cursor, span } = await openCursor(files, place, start ? options : { ...options, from: 'beginning' });
        const source: Source = { cursor, records: [], at: 0 };
        sources.set(place.folder, source);
        if (options.onSpan === undefined) continue;
        source.records = await cursor.read();
        // What comes before the first of them is older still.
        const isOld = (source.records[0]?.timestamp ?? 0) < since;
        options.onSpan({ ...span, cut: span.cut && !isOld, gone: span.gone && !isOld });
      }
    }
    let found = false;
    for await (const record of merge([...sources.values()])) {
      if (signal?.aborted) return;
      found = true;
      if (record.timestamp >= since) yield record;
    }
    if (found) continue;
    if (until !== 'abort') return;
    await delay(pollInterval, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

/** A cursor, and what it has read: the records from `at` on are still to be shown. */
interface Source {
  readonly cursor: Cursor;
  records: readonly StoredRecord[];
  at: number;
}

/** The oldest of all sources first, until one has to be asked for more. */
async function* merge(sources: readonly Source[]): AsyncGenerator<StoredRecord, void, undefined> {
  for (const source of sources) {
    if (source.at < source.records.length) continue;
    source.records = await source.cursor.read();
    source.at = 0;
  }
  const filled = sources.filter(({ records }) => records.length > 0);
  for (let more = filled.length > 0; more; ) {
    const oldest = filled.reduce((a, b) => (timeOf(b) < timeOf(a) ? b : a));
    const record = oldest.records[oldest.at++];
    more = oldest.at < oldest.records.length;
    if (record !== undefined) yield record;
  }
}

function timeOf({ records, at }: Source): number {
  return records[at]?.timestamp ?? Number.POSITIVE_INFINITY;
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

async function openCursor(files: Files, place: Place, options: ReadOptions): Promise<{ cursor: Cursor; span: Span }> {
  const { from, until, log, onSpan } = options;
  const { topic, partition, folder } = place;
  const wanted = from === 'end' || until === 'end' || isRecent(from) || onSpan !== undefined;
  const now = wanted ? await findEnd(files, folder) : 0;
  const next = firstOf(place, now, from);
  const end = endOf(place, now, until);
  const first = onSpan === undefined ? 0 : ((await new LogFiles(files, folder).list())[0]?.first ?? 0);
  const cursor = new Cursor({
    files,
    topic,
    partition,
    folder,
    next,
    end,
    onDamage: (damage) => log?.('warn', 'a part of the embedded log is damaged', { ...damage }),
  });
  const start = Math.max(next, first);
  const cut = isRecent(from) && from.last !== undefined && start > first;
  const gone = first > 0 && start === first;
  const offsets = { first: BigInt(first), start: BigInt(start), end: BigInt(Math.min(end, now)) };
  const span = { topic, partition, ...offsets, cut, gone };
  return { cursor, span };
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
