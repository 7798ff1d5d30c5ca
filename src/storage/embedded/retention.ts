import { join } from 'node:path';
import type { EmbeddedSettings } from '../../config/settings.js';
import type { Clock } from '../../util/clock.js';
import { errorText } from '../../util/errors.js';
import type { Log } from '../../util/log.js';
import type { Files } from '../disk/files.js';
import { readFrames } from '../disk/segment.js';
import { type LogFile, LogFiles } from './layout.js';
import { decodeRecord } from './record.js';

/** Milliseconds between two looks. */
const interval = 10 * 60_000;
const lookBytes = 64 * 1024;

export interface RetentionOptions {
  readonly retention: NonNullable<EmbeddedSettings['retention']>;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
  /** Folder of the topics of one partition. */
  readonly folder: string;
}

export interface Retention {
  /** Looks now: a file was begun. */
  look(): void;
  /** Resolves when nothing is deleted any more. */
  stop(): Promise<void>;
}

/** A whole file that is not the newest of its topic. */
interface Candidate {
  readonly topic: string;
  readonly path: string;
  readonly first: number;
  readonly bytes: number;
  /** All its records were written before, in milliseconds since the epoch. */
  readonly before: number;
}

/**
 * Deletes the oldest files of a partition: those of which every record is older than the settings say, and then as many as
 * are too much. Never the newest of a topic, to which records are written.
 */
export function startRetention({ retention, files, clock, log, folder }: RetentionOptions): Retention {
  let working: Promise<void> | undefined;
  let wanted = false;
  let stopped = false;
  let cancel = clock.after(0, look);

  function look(): void {
    cancel();
    cancel = clock.after(interval, look);
    wanted = true;
    working ??= work();
  }

  async function work(): Promise<void> {
    while (wanted && !stopped) {
      wanted = false;
      await clean().catch((error: unknown) => {
        const detail = errorText(error);
        log('warn', 'old files of the embedded log could not be deleted', { folder, detail });
      });
    }
    working = undefined;
  }

  async function clean(): Promise<void> {
    const { candidates, bytes } = await survey(files, folder);
    let total = bytes;
    for (const candidate of candidates.sort((a, b) => a.before - b.before)) {
      const old = candidate.before < clock.date() - retention.time;
      if (stopped || (!old && total <= retention.bytes)) continue;
      await files.remove(candidate.path);
      total -= candidate.bytes;
      const { path: file, topic, bytes: freed } = candidate;
      log('info', 'a file of the embedded log was deleted, as its retention says', {
        topic,
        file,
        bytes: freed,
        reason: old ? 'time' : 'bytes',
      });
    }
  }

  return {
    look,
    async stop() {
      stopped = true;
      cancel();
      await working;
    },
  };
}

async function survey(files: Files, folder: string): Promise<{ candidates: Candidate[]; bytes: number }> {
  const candidates: Candidate[] = [];
  let bytes = 0;
  for (const topic of await files.list(folder)) {
    const all = await new LogFiles(files, join(folder, topic)).list();
    for (const [index, { path, first }] of all.entries()) {
      const size = await files.size(path);
      bytes += size;
      const next = all[index + 1];
      if (next === undefined) continue;
      const before = await readTime(files, topic, next);
      if (before !== undefined) candidates.push({ topic, path, first, bytes: size, before });
    }
  }
  return { candidates, bytes };
}

/** When the first record of a file was written; undefined where it has none. */
async function readTime(files: Files, topic: string, { path, layout }: LogFile): Promise<number | undefined> {
  if (layout === undefined) return undefined;
  const read = (offset: number, length: number) => files.read(path, offset, length);
  const end = await files.size(path);
  const look = { offset: layout.start, end, maxBytes: lookBytes, growing: true };
  const [frame] = (await readFrames(read, path, layout.framing, look)).frames;
  return frame && decodeRecord(topic, 0, frame).timestamp;
}
