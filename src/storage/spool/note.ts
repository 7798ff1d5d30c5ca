import { join } from 'node:path';
import type { Files } from '../disk/files.js';
import { seal, unseal } from '../disk/seal.js';

/** The file that says how far a journal was delivered, and which files it has. */
export const noteFile = 'done';

export interface Note {
  /** Everything up to this number is done with. */
  readonly done: number;
  /** Numbers that the files of the journal begin with. */
  readonly files: readonly number[];
}

/** `foreign`: it is something else, and not to be overwritten; `damaged`: it can't be trusted. */
export type ReadNote = Note | 'foreign' | 'damaged';

const nothing: Note = { done: 0, files: [] };

/** Throws a `NewerFormatError`. */
export async function readNote(files: Files, folder: string, stream: string): Promise<ReadNote> {
  const path = join(folder, noteFile);
  const text = await files.text(path);
  if (text === undefined) return nothing;
  // As it was written before it had a checksum.
  if (/^\d{1,15}$/.test(text)) return { done: Number(text), files: [] };
  const sealed = unseal(Buffer.from(text), path);
  if (sealed === undefined) return text.includes(`"stream":${JSON.stringify(stream)},"done":`) ? 'damaged' : 'foreign';
  const note = toNote(sealed.facts, stream);
  return sealed.kind === 'done' && note !== undefined ? note : 'foreign';
}

function toNote(facts: unknown, stream: string): Note | undefined {
  if (typeof facts !== 'object' || facts === null) return undefined;
  const { stream: of, done, files }: { stream?: unknown; done?: unknown; files?: unknown } = facts;
  if (of !== stream || !isNumber(done) || !Array.isArray(files)) return undefined;
  const all: readonly unknown[] = files;
  return all.every(isNumber) ? { done, files: all } : undefined;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function writeNote(files: Files, folder: string, stream: string, note: Note, durable: boolean): Promise<void> {
  const text = seal('done', { stream, done: note.done, files: note.files });
  return files.replace(join(folder, noteFile), text, { durable });
}
