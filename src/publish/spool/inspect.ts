import { join } from 'node:path';
import type { Files } from '../disk/files.js';
import type { Frame } from '../disk/frame.js';
import { Segment } from '../disk/segment.js';
import { retryFile } from './parked.js';
import { decodeSpooled, type SpooledRecord } from './spooled-record.js';

/** What waits in the spool of one process for one topic. */
export interface LaneStatus {
  readonly slot: number;
  readonly topic: string;
  readonly records: number;
  /** Bytes of the records. */
  readonly bytes: number;
  /** When the first was spooled, in milliseconds since the epoch. */
  readonly oldest: number;
}

export interface ParkedRecord extends SpooledRecord {
  readonly slot: number;
  readonly number: number;
}

/** The lanes with something in them. Reads only, so that a gateway may be at work in `dir`. */
export async function listLanes(files: Files, dir: string): Promise<readonly LaneStatus[]> {
  const lanes: LaneStatus[] = [];
  for (const slot of await listSlots(files, dir)) {
    for (const topic of await files.list(join(dir, String(slot), 'topics'))) {
      let [records, bytes, oldest] = [0, 0, Number.POSITIVE_INFINITY];
      for await (const { body } of frames(files, join(dir, String(slot), 'topics', topic))) {
        records++;
        bytes += body.length;
        oldest = Math.min(oldest, decodeSpooled(body).spooledAt);
      }
      if (records > 0) lanes.push({ slot, topic, records, bytes, oldest });
    }
  }
  return lanes;
}

/** The parked records, the oldest first in each slot. */
export async function* listParked(files: Files, dir: string): AsyncGenerator<ParkedRecord> {
  for (const slot of await listSlots(files, dir)) {
    for await (const { number, body } of frames(files, join(dir, String(slot), 'parked'))) {
      yield { slot, number, ...decodeSpooled(body) };
    }
  }
}

/** Has the gateway send what is parked again: at once if it runs, else when it starts. */
export async function askForRetry(files: Files, dir: string): Promise<void> {
  for (const slot of await listSlots(files, dir)) await files.replace(join(dir, String(slot), 'parked', retryFile), '');
}

async function listSlots(files: Files, dir: string): Promise<readonly number[]> {
  const names = await files.list(dir);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

async function* frames(files: Files, folder: string): AsyncGenerator<{ number: number; body: Buffer }> {
  const done = Number((await files.text(join(folder, 'done'))) || 0);
  for (const name of await files.list(folder)) {
    if (!name.endsWith('.journal')) continue;
    const segment = new Segment(join(folder, name), Number.MAX_SAFE_INTEGER, 0);
    for (let offset = 0; ; ) {
      const { frames, next } = await segment.readFrom(files, offset, 1024 * 1024).catch(orGone(offset));
      for (const frame of frames) if (frame.number > done) yield frame;
      if (next === offset) break;
      offset = next;
    }
  }
}

/** A gateway at work removes files that are done with. */
function orGone(offset: number): (error: NodeJS.ErrnoException) => { frames: readonly Frame[]; next: number } {
  return (error) => {
    if (error.code === 'ENOENT') return { frames: [], next: offset };
    throw error;
  };
}
