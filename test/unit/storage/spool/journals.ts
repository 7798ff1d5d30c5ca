import type { Files } from '../../../../src/storage/disk/files.js';
import { Keeper } from '../../../../src/storage/disk/keeper.js';
import { Journal } from '../../../../src/storage/spool/journal.js';
import type { JournalOptions } from '../../../../src/storage/spool/load-journal.js';

export interface Said {
  readonly level: string;
  readonly message: string;
  readonly fields: { readonly [name: string]: unknown };
}

/** What a journal or what is parked needs, in a folder of its own; `said` hears what it reports. */
export function journalOptions(files: Files, folder: string, said: Said[] = [], stream = 'test'): JournalOptions {
  const log = (level: string, message: string, fields: Said['fields']) => void said.push({ level, message, fields });
  const keeper = new Keeper({ files, date: () => Date.UTC(2026, 10, 30), log });
  return { files, folder, stream, keeper, retake: async () => undefined };
}

export async function openJournal(files: Files, folder: string): Promise<{ journal: Journal; said: Said[] }> {
  const said: Said[] = [];
  return { journal: await Journal.open(journalOptions(files, folder, said)), said };
}

export async function readAll(journal: Journal): Promise<[number, string][]> {
  const all: [number, string][] = [];
  for (let frames = await journal.read(100); frames.length > 0; frames = await journal.read(100)) {
    all.push(...frames.map(({ number, body }): [number, string] => [number, body.toString()]));
  }
  return all;
}
