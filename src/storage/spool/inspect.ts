import { basename, join } from 'node:path';
import type { Files } from '../disk/files.js';
import type { Frame } from '../disk/frame.js';
import { identifyFile } from '../disk/head.js';
import { readFrames } from '../disk/segment.js';
import { ackedSuffix, readAcked } from './acked.js';
import { journalSuffix } from './load-journal.js';
import { readNote } from './note.js';
import { retryFile } from './parked.js';
import { listSetAside, recoverFile, type SetAside } from './set-aside.js';
import { decodeSpooled, type SpooledRecord } from './spooled-record.js';

const lookBytes = 1024 * 1024;

/** What waits in the spool of one process for one topic. */
export interface LaneReport {
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
export async function listLanes(files: Files, dir: string): Promise<readonly LaneReport[]> {
  const lanes: LaneReport[] = [];
  for (const slot of await listSlots(files, dir)) {
    for (const topic of await files.list(join(dir, String(slot), 'topics'))) {
      let [records, bytes, oldest] = [0, 0, Number.POSITIVE_INFINITY];
      for await (const { body } of frames(files, join(dir, String(slot)), `topics/${topic}`)) {
        records++;
        bytes += body.length;
        oldest = Math.min(oldest, decodeSpooled(body).spooledAt);
      }
      if (records > 0) lanes.push({ slot, topic, records, bytes, oldest });
    }
  }
  return lanes;
}

/** The records that wait for Kafka, those of a topic and a slot in their order. Reads only. */
export async function* listWaiting(files: Files, dir: string): AsyncGenerator<SpooledRecord> {
  for (const slot of await listSlots(files, dir)) {
    for (const topic of await files.list(join(dir, String(slot), 'topics'))) {
      for await (const { body } of frames(files, join(dir, String(slot)), `topics/${topic}`)) yield decodeSpooled(body);
    }
  }
}

/** The parked records, the oldest first in each slot. */
export async function* listParked(files: Files, dir: string): AsyncGenerator<ParkedRecord> {
  for (const slot of await listSlots(files, dir)) {
    for await (const { number, body } of frames(files, join(dir, String(slot)), 'parked')) {
      yield { slot, number, ...decodeSpooled(body) };
    }
  }
}

/** Has the gateway send what is parked again: at once if it runs, else when it starts. */
export async function askForRetry(files: Files, dir: string): Promise<void> {
  for (const slot of await listSlots(files, dir)) {
    const folder = join(dir, String(slot), 'parked');
    if ((await files.list(folder)).length > 0) await files.replace(join(folder, retryFile), '');
  }
}

/** The files that could not be read and are set aside, with what is whole in them. */
export async function listDamaged(files: Files, dir: string): Promise<readonly SetAside[]> {
  const all: SetAside[] = [];
  for (const slot of await listSlots(files, dir)) all.push(...(await listSetAside(files, join(dir, String(slot)))));
  return all;
}

/** Has the gateway send what is whole in the set-aside files: at once if it runs, else when it starts. */
export async function askForRecovery(files: Files, dir: string): Promise<void> {
  for (const slot of await listSlots(files, dir)) await files.replace(join(dir, String(slot), recoverFile), '');
}

async function listSlots(files: Files, dir: string): Promise<readonly number[]> {
  const names = await files.list(dir);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** What is not delivered, as far as files tell that a gateway may be writing. */
async function* frames(files: Files, dir: string, name: string): AsyncGenerator<Frame> {
  const folder = join(dir, name);
  const stream = `${basename(dir)}/${name}`;
  const note = await readNote(files, folder, stream);
  const done = typeof note === 'object' ? note.done : 0;
  const acked = new Set<number>();
  const names = await files.list(folder);
  for (const each of names) {
    if (each.endsWith(ackedSuffix)) await readAcked(files, join(folder, each), stream, acked).catch(orGone);
  }
  for (const each of names) {
    if (!each.endsWith(journalSuffix)) continue;
    for await (const frame of readJournalFile(files, join(folder, each), stream)) {
      if (frame.number > done && !acked.has(frame.number)) yield frame;
    }
  }
}

async function* readJournalFile(files: Files, path: string, stream: string): AsyncGenerator<Frame> {
  const read = (offset: number, length: number) => files.read(path, offset, length);
  const identity = await identifyFile(read, path, 'journal', stream).catch(orGone);
  if (identity === undefined || !('layout' in identity)) return;
  const { framing, start } = identity.layout;
  const end = await files.size(path);
  for (let offset = start; offset < end; ) {
    const look = await readFrames(read, path, framing, { offset, end, maxBytes: lookBytes, growing: false }).catch(
      orGone,
    );
    if (look === undefined || look.next === offset) return;
    yield* look.frames;
    offset = look.next;
  }
}

/** A gateway at work removes files that are done with. */
function orGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
