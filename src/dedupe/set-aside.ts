import { closeSync, fstatSync, openSync, readSync, renameSync } from 'node:fs';

/** Places in the two first pages of lmdb-js 3.5's files: struct MDB_meta of its mdb.c, after a page header of 24 bytes. */
const magicAt = 24;
const pageSizeAt = 48;
const lastPageAt = 144;
const transactionAt = 152;
const magic = 0xbeefc0de;

/**
 * Renames a database file that would bring the process down: lmdb maps its file, and a page that isn't there is a signal,
 * not an error. Says whether it did. Damage inside of a page that is there is not found.
 */
export function setAsideDamaged(file: string): boolean {
  if (!isDamaged(file)) return false;
  renameSync(file, `${file}.damaged`);
  return true;
}

function isDamaged(file: string): boolean {
  const handle = openIfThere(file);
  if (handle === undefined) return false;
  try {
    const { size } = fstatSync(handle);
    if (size === 0) return false;
    const first = readPage(handle, 0);
    const pageSize = first.readUInt32LE(pageSizeAt);
    const second = readPage(handle, pageSize);
    if (first.readUInt32LE(magicAt) !== magic || second.readUInt32LE(magicAt) !== magic) return true;
    const [older, newer] = [first, second].sort((a, b) => (transaction(a) < transaction(b) ? -1 : 1));
    const lastPage = Number((newer ?? older ?? first).readBigUInt64LE(lastPageAt));
    return size < (lastPage + 1) * pageSize;
  } finally {
    closeSync(handle);
  }
}

function transaction(page: Buffer): bigint {
  return page.readBigUInt64LE(transactionAt);
}

/** The start of a page; zeros where the file is shorter. */
function readPage(handle: number, position: number): Buffer {
  const page = Buffer.alloc(transactionAt + 8);
  readSync(handle, page, 0, page.length, position);
  return page;
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
