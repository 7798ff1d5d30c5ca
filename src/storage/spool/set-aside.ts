import { basename, dirname, join } from 'node:path';
import type { KafkaRecord } from '../../core/model.js';
import { errorText } from '../../util/errors.js';
import type { Log } from '../../util/log.js';
import type { Files } from '../disk/files.js';
import type { Frame } from '../disk/frame.js';
import { layoutsByName, readAnyHead } from '../disk/head.js';
import { doneOf, formerName, isSetAside, type Keeper, recoveredName } from '../disk/keeper.js';
import { type Scan, scanFrames } from '../disk/segment.js';
import { decodeSpooled } from './spooled-record.js';

/** Whoever wants used what is whole in files that were set aside puts a file of this name into the folder of the part. */
export const recoverFile = 'recover';
/** So many records at once are on their way. */
const atOnce = 200;

export interface SetAside {
  readonly path: string;
  readonly bytes: number;
  /** Whole records in it that were not delivered, as far as is known. */
  readonly records: number;
  /** Bytes that can't be read. */
  readonly unreadable: number;
}

/** The files of a part of the spool that are set aside, and what is in them. */
export async function listSetAside(files: Files, part: string): Promise<readonly SetAside[]> {
  const all: SetAside[] = [];
  for (const path of await findSetAside(files, part)) {
    const { frames, unreadable, bytes } = await readSetAside(files, part, path);
    all.push({ path, bytes, records: frames.length, unreadable });
  }
  return all;
}

async function findSetAside(files: Files, part: string): Promise<readonly string[]> {
  const topics = (await files.list(join(part, 'topics'))).map((topic) => join(part, 'topics', topic));
  const paths: string[] = [];
  for (const folder of [join(part, 'parked'), ...topics]) {
    for (const name of await files.list(folder)) if (isSetAside(name)) paths.push(join(folder, name));
  }
  return paths;
}

/** Frame by frame, by what the file says of itself, else by what its name said. */
async function readSetAside(files: Files, part: string, path: string) {
  const read = (offset: number, length: number) => files.read(path, offset, length);
  const bytes = await files.size(path);
  const known = readAnyHead(await read(0, 1_024), path);
  const stream = `${basename(part)}${dirname(path).slice(part.length)}`;
  const layouts = known
    ? [known.layout]
    : layoutsByName(join(dirname(path), formerName(basename(path))), 'journal', stream);
  const done = doneOf(basename(path));
  const frames: Frame[] = [];
  if (known !== undefined && known.kind !== 'journal') return { frames, unreadable: 0, bytes };
  for (const layout of layouts) {
    const scan: Scan = await scanFrames(read, path, layout, (frame) => {
      if (frame.number > done) frames.push({ number: frame.number, body: Buffer.from(frame.body) });
    });
    if (scan.whole > layout.start) return { frames, unreadable: countBytes(scan), bytes };
  }
  return { frames, unreadable: known ? 0 : bytes, bytes };
}

function countBytes({ damage }: Scan): number {
  return damage.reduce((sum, { bytes }) => sum + bytes, 0);
}

interface Recovery {
  readonly files: Files;
  readonly part: string;
  readonly keeper: Keeper;
  readonly send: (record: KafkaRecord) => Promise<unknown>;
  /** Milliseconds since the epoch. */
  readonly date: () => number;
  readonly log: Log;
}

/**
 * Gives a function that sends what is whole in the files that were set aside, if somebody has asked for it, and does nothing
 * while it does. The files stay, with another name.
 */
export function createRecovery(recovery: Recovery): () => Promise<void> {
  let busy = false;
  return async () => {
    if (busy) return;
    busy = true;
    await recoverIfAsked(recovery);
    busy = false;
  };
}

async function recoverIfAsked(recovery: Recovery): Promise<void> {
  const { files, part, log } = recovery;
  const request = join(part, recoverFile);
  try {
    if ((await files.text(request)) === undefined) return;
    await files.remove(request);
    for (const path of await findSetAside(files, part)) await recover(recovery, path);
  } catch (error) {
    const detail = errorText(error);
    log('error', 'records of set-aside files could not be sent: ask again with gateway spool recover', { detail });
  }
}

async function recover({ files, part, keeper, send, date, log }: Recovery, path: string): Promise<void> {
  const { frames, unreadable } = await readSetAside(files, part, path);
  for (let at = 0; at < frames.length; at += atOnce) {
    await Promise.all(frames.slice(at, at + atOnce).map(({ body }) => send(decodeSpooled(body).record)));
  }
  const keptAs = recoveredName(path, date());
  await files.rename(path, keptAs);
  keeper.forget(path);
  log('info', 'what is whole in a set-aside file was sent', { file: path, records: frames.length, unreadable, keptAs });
}
