import {
  close,
  fdatasync,
  fstat,
  ftruncate,
  open as openHandle,
  read,
  type Stats,
  stat,
  write,
  writeSync,
} from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { privateFile, privateFolder } from '../../util/file-modes.js';

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
  /** Opens a file that exists, for reading and appending. */
  open(file: string): Promise<AppendFile>;
  /** Replaces a small file at once, or makes it, its folders with it. It may be lost in a crash of the machine, then the old one is there; `durable`: it is not. */
  replace(file: string, text: string, options?: { readonly durable: boolean }): Promise<void>;
  /** The text of a small file; undefined if there is none. */
  text(file: string): Promise<string | undefined>;
  /** Gives a file another name, in the same folder, which survives a crash. There must be none of that name. */
  rename(file: string, to: string): Promise<void>;
  remove(file: string): Promise<void>;
}

export interface AppendFile {
  /** As `Files.read`; also where the file has lost its name since. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Appends all of them; after an error any part may have been written. */
  write(chunks: readonly Buffer[]): Promise<void>;
  /** The same at once, for a few bytes: a kill of the process does not undo it. */
  writeNow(bytes: Buffer): void;
  /** Resolves when all that was written survives a crash of the machine; rejects with a `GoneError` as `check` does. */
  sync(): Promise<void>;
  /** Rejects with a `GoneError` if the file at its path is another one now, or none, or is shorter than what was written. */
  check(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** Somebody has taken a file away that is in use, or a part of it. */
export class GoneError extends Error {
  override readonly name = 'GoneError';
  /** True where the open file still has all that was written to it. */
  readonly whole: boolean;

  constructor(path: string, length?: number) {
    super(
      length === undefined
        ? `${path} was deleted, moved or replaced, or its volume unmounted, while the gateway uses it`
        : `${path} was cut to ${length} bytes while the gateway uses it`,
    );
    this.whole = length === undefined;
  }
}

export const realFiles: Files = {
  async list(folder) {
    const names = await readdir(folder).catch(orIfMissing([] as string[]));
    return names.sort();
  },
  async read(file, offset, length) {
    const handle = await openFile(file, 'r');
    try {
      return await readAll(handle, offset, length);
    } finally {
      await closeFile(handle);
    }
  },
  async size(file) {
    return (await statPath(file).catch(orIfMissing({ size: 0 }))).size;
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
    const handle = await openFile(file, 'ax+', privateFile);
    try {
      // A new name is durable only when its folder is.
      for (const folder of [dirname(file), dirname(dirname(file))]) await syncFolder(folder);
      return new OpenFile(handle, file, await statHandle(handle));
    } catch (error) {
      await closeFile(handle).catch(() => undefined);
      await rm(file, { force: true }).catch(() => undefined);
      throw error;
    }
  },
  async open(file) {
    const handle = await openFile(file, 'a+', privateFile);
    return new OpenFile(handle, file, await statHandle(handle));
  },
  async replace(file, text, { durable } = { durable: false }) {
    const temporary = `${file}.new`;
    await makeFolder(dirname(file));
    await writeFile(temporary, text, { flush: durable, mode: privateFile });
    await rename(temporary, file);
    if (durable) await syncFolder(dirname(file));
  },
  text: (file) => readFile(file, 'utf8').catch(orIfMissing(undefined)),
  async rename(file, to) {
    await rename(file, to);
    await syncFolder(dirname(to));
  },
  remove: (file) => rm(file, { force: true }),
};

const openFile = promisify(openHandle);
const readSome = promisify(read);
const writeSome = promisify(write);
const syncData = promisify(fdatasync);
const statHandle = promisify(fstat);
const statPath = promisify(stat);
const truncateTo = promisify(ftruncate);
const closeFile = promisify(close);

async function readAll(handle: number, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await readSome(handle, buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

class OpenFile implements AppendFile {
  readonly #handle: number;
  readonly #path: string;
  readonly #dev: number;
  readonly #ino: number;
  /** Bytes that the file has at least. */
  #written: number;
  #closing: Promise<void> | undefined;
  /** What uses the handle: a closed one may be another file's the next moment. */
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(handle: number, path: string, { dev, ino, size }: Stats) {
    this.#handle = handle;
    this.#path = path;
    this.#dev = dev;
    this.#ino = ino;
    this.#written = size;
  }

  read(offset: number, length: number): Promise<Buffer> {
    return this.#use(() => readAll(this.#handle, offset, length));
  }

  write(chunks: readonly Buffer[]): Promise<void> {
    return this.#use(async () => {
      const all = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
      for (let done = 0; done < all.length; ) {
        done += (await writeSome(this.#handle, all, done, all.length - done)).bytesWritten;
      }
      this.#written += all.length;
    });
  }

  writeNow(bytes: Buffer): void {
    if (this.#closing !== undefined) throw this.#isClosed();
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#handle, bytes, done);
    this.#written += bytes.length;
  }

  sync(): Promise<void> {
    return this.#use(async () => {
      await syncData(this.#handle);
      await this.#check();
    });
  }

  check(): Promise<void> {
    return this.#use(() => this.#check());
  }

  truncate(length: number): Promise<void> {
    return this.#use(async () => {
      await truncateTo(this.#handle, length);
      this.#written = length;
    });
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#underWay).then(() => closeFile(this.#handle));
    return this.#closing;
  }

  async #use<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw this.#isClosed();
    const work = action();
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  #isClosed(): Error {
    return new Error(`${this.#path} is closed`);
  }

  /** An inode that is open is no other file's, so its number tells. */
  async #check(): Promise<void> {
    const there = await statPath(this.#path).catch(orIfMissing(undefined));
    if (there === undefined || this.#ino !== there.ino || this.#dev !== there.dev) throw new GoneError(this.#path);
    if (there.size < this.#written) throw new GoneError(this.#path, there.size);
  }
}

/** Makes a folder, and those above it that are missing, so that they survive a crash. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: privateFolder });
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
