import { close, fdatasync, ftruncate, open as openHandle, write } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** The file system as the spool and the embedded log need it: few verbs, so that a test can put a crashing or a full disk in its place. */
export interface Files {
  /** Names in a folder, sorted; none if there is no folder. */
  list(folder: string): Promise<readonly string[]>;
  /** At most `length` bytes from `offset`; fewer at the end of the file. */
  read(file: string, offset: number, length: number): Promise<Buffer>;
  /** Bytes; 0 if there is no file. */
  size(file: string): Promise<number>;
  /** What anybody has written to the file by now survives a crash of the machine when this resolves. */
  sync(file: string): Promise<void>;
  /** Creates a file, its folders with it, so that both survive a crash, and opens it for appending. */
  create(file: string): Promise<AppendFile>;
  /** Opens a file that exists, for appending. */
  open(file: string): Promise<AppendFile>;
  /** Replaces a small file at once. It may be lost in a crash, then the old one is there. */
  replace(file: string, text: string): Promise<void>;
  /** The text of a small file; undefined if there is none. */
  text(file: string): Promise<string | undefined>;
  remove(file: string): Promise<void>;
}

export interface AppendFile {
  /** Appends all of them; after an error any part may have been written. */
  write(chunks: readonly Buffer[]): Promise<void>;
  /** Resolves when all that was written survives a crash of the machine. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

export const realFiles: Files = {
  async list(folder) {
    const names = await readdir(folder).catch(orIfMissing([] as string[]));
    return names.sort();
  },
  async read(file, offset, length) {
    const handle = await open(file, 'r');
    try {
      const buffer = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    } finally {
      await handle.close();
    }
  },
  async size(file) {
    return (await stat(file).catch(orIfMissing({ size: 0 }))).size;
  },
  async sync(file) {
    const handle = await open(file, 'r');
    try {
      await handle.datasync();
    } finally {
      await handle.close();
    }
  },
  async create(file) {
    await makeFolder(dirname(file));
    const handle = await openFile(file, 'ax');
    // A new name is durable only when its folder is.
    for (const folder of [dirname(file), dirname(dirname(file))]) await syncFolder(folder);
    return appendTo(handle);
  },
  open: async (file) => appendTo(await openFile(file, 'a')),
  async replace(file, text) {
    await mkdir(dirname(file), { recursive: true });
    const temporary = `${file}.new`;
    await writeFile(temporary, text);
    await rename(temporary, file);
  },
  text: (file) => readFile(file, 'utf8').catch(orIfMissing(undefined)),
  remove: (file) => rm(file, { force: true }),
};

const openFile = promisify(openHandle);
const writeSome = promisify(write);
const syncData = promisify(fdatasync);
const truncateTo = promisify(ftruncate);
const closeFile = promisify(close);

function appendTo(handle: number): AppendFile {
  return {
    async write(chunks) {
      const all = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
      for (let done = 0; done < all.length; ) {
        done += (await writeSome(handle, all, done, all.length - done)).bytesWritten;
      }
    },
    sync: () => syncData(handle),
    truncate: (length) => truncateTo(handle, length),
    close: () => closeFile(handle),
  };
}

/** Makes a folder, and those above it that are missing, so that they survive a crash. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function orIfMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
}
