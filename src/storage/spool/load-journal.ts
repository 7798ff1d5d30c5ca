import { join } from 'node:path';
import type { Files } from '../disk/files.js';
import { frameHead } from '../disk/frame.js';
import type { Keeper } from '../disk/keeper.js';
import { refuseNewer } from '../disk/refuse-newer.js';
import { openSegment, type Segment } from '../disk/segment.js';
import { Acked } from './acked.js';
import { Left } from './left.js';
import { type Note, noteFile, readNote } from './note.js';

export const journalSuffix = '.journal';

export interface JournalOptions {
  readonly files: Files;
  readonly folder: string;
  /** What its files say that they belong to: part and topic, as `0/topics/orders`. */
  readonly stream: string;
  readonly keeper: Keeper;
  /** Makes sure that the folder is this process's alone, before a file is made in it; rejects if it can't be. */
  readonly retake: () => Promise<void>;
}

export interface LoadedJournal {
  readonly segments: readonly Segment[];
  readonly acked: Acked;
  readonly left: Left;
  readonly finished: Set<number>;
  readonly done: number;
  /** The highest number that may have been used. */
  readonly last: number;
}

/** Reads what a former process has left, and reports what is damaged or missing of it. Throws a `NewerFormatError`. */
export async function loadJournal(options: JournalOptions): Promise<LoadedJournal> {
  const { files, folder, stream, keeper } = options;
  await refuseNewer(files, folder);
  const note = await loadNote(options);
  await keeper.look(folder);
  const { acked, numbers } = await Acked.open(files, folder, stream, keeper);
  const left = await Left.open(options);
  const { segments, unread } = await loadSegments(options);
  reportMissing(options, note, segments);
  const known = [
    note.done,
    ...note.files,
    ...segments.map(({ last }) => last),
    ...segments.map(({ layout }) => layout.first - 1),
  ];
  for (const number of numbers) known.push(number);
  // What can't be read may have had these: so none is given twice.
  const last = known.reduce((high, number) => Math.max(high, number)) + Math.ceil(unread / frameHead);
  const finished = new Set([...numbers].filter((number) => number > note.done));
  return { segments, acked, left, finished, done: note.done, last };
}

/** Where it can't be trusted, what is there is sent once more. */
async function loadNote({ files, folder, stream, keeper }: JournalOptions): Promise<Note> {
  const note = await readNote(files, folder, stream);
  if (typeof note === 'object') return note;
  if (note === 'foreign') await keeper.setAside(join(folder, noteFile), 0, 'this is not what its name says');
  keeper.say('error', 'how far the spool was delivered cannot be read: all that is there is sent again', { folder });
  return { done: 0, files: [] };
}

async function loadSegments({ files, folder, stream, keeper }: JournalOptions) {
  const segments: Segment[] = [];
  /** Bytes in which there may have been frames. */
  let unread = 0;
  for (const name of await files.list(folder)) {
    if (!name.endsWith(journalSuffix)) continue;
    const path = join(folder, name);
    const opened = await openSegment(files, path, 'journal', stream);
    if (opened === 'unborn') await files.remove(path);
    else if (opened === 'unreadable') {
      unread += await files.size(path);
      await keeper.setAside(path, 0, 'this file cannot be read, or belongs to another topic');
    } else {
      for (const each of opened.damage) {
        keeper.report(each);
        if (!each.torn) unread += each.bytes;
      }
      segments.push(opened.segment);
    }
  }
  return { segments: segments.sort((a, b) => a.layout.first - b.layout.first), unread };
}

/** A file that the note has and the folder has not is lost, unless all of it was delivered. */
function reportMissing({ folder, keeper }: JournalOptions, { done, files }: Note, segments: readonly Segment[]): void {
  const there = new Set(segments.map(({ layout }) => layout.first));
  files.forEach((first, index) => {
    const next = files[index + 1];
    if (there.has(first) || (next !== undefined && next - 1 <= done)) return;
    const records = next === undefined ? 'unknown' : next - Math.max(first, done + 1);
    keeper.say('error', 'a file of the spool is missing: its records are lost unless they were set aside', {
      folder,
      first,
      records,
    });
  });
}
