import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The file system as the spool needs it: few verbs, so that a test can put a crashing or a full disk in its place. */
export interface Files {
  /** Names in a folder, sorted; none if there is no folder. */
  list(folder: string): Promise<readonly string[]>;
  /** At most `length` bytes from `offset`; fewer at the end of the file. */
  read(file: string, offset: number, length: number): Promise<Buffer>;
  /** Creates a file, its folders with it, so that both survive a crash, and opens it for appending. */
  create(file: string): Promise<AppendFile>;
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
  async create(file) {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(file, 'ax');
    // A new name is durable only when its folder is.
    for (const folder of [dirname(file), dirname(dirname(file))]) await syncFolder(folder);
    return {
      async write(chunks) {
        const all = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
        for (let done = 0; done < all.length; ) done += (await handle.write(all, done)).bytesWritten;
      },
      sync: () => handle.datasync(),
      truncate: (length) => handle.truncate(length),
      close: () => handle.close(),
    };
  },
  async replace(file, text) {
    await mkdir(dirname(file), { recursive: true });
    const temporary = `${file}.new`;
    await writeFile(temporary, text);
    await rename(temporary, file);
  },
  text: (file) => readFile(file, 'utf8').catch(orIfMissing(undefined)),
  remove: (file) => rm(file, { force: true }),
};

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
