import {
  closeSync,
  fstatSync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  write,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { privateFile, privateFolder } from '../../util/file-modes.js';

/** A folder of files that only grow: few verbs, so that a test can put a crashing or a full disk in its place. */
export interface Folder {
  list(): readonly string[];
  /** Opens a file, and makes it if need be. */
  open(name: string): SharedLogFile;
  /** Nothing, where it isn't there. */
  remove(name: string): void;
  /** New names survive a crash of the machine from now on. */
  sync(): void;
}

/** Several processes may append to the same file: an append goes to its end, whoever has written there. */
export interface SharedLogFile {
  /** Where it is, for people. */
  readonly path: string;
  /** Fills the buffer from `position` as far as the file goes; says how far. */
  read(into: Buffer, position: number): number;
  /** After an error any part may have been written. */
  append(bytes: Buffer): Promise<void>;
  appendNow(bytes: Buffer): void;
  /** Resolves when what was appended survives a crash of the machine. */
  sync(): Promise<void>;
  close(): void;
}

/** Opens a folder of the disk, and makes it if need be. What is made here is for its user alone; what exists keeps its mode. */
export function openFolder(path: string): Folder {
  mkdirSync(path, { recursive: true, mode: privateFolder });
  return {
    list: () => readdirSync(path),
    open: (name) => openFile(join(path, name)),
    remove: (name) => rmSync(join(path, name), { force: true }),
    sync() {
      const handle = openSync(path, 'r');
      try {
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    },
  };
}

function openFile(path: string): SharedLogFile {
  const handle = openSync(path, 'a+', privateFile);
  if (!fstatSync(handle).isFile()) throw new Error(`${path} is not a file`);
  return {
    path,
    read: (into, position) => readSync(handle, into, 0, into.length, position),
    async append(bytes) {
      for (let done = 0; done < bytes.length; ) {
        done += (await writeSome(handle, bytes, done, bytes.length - done)).bytesWritten;
      }
    },
    appendNow(bytes) {
      for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
    },
    sync: () => syncFile(handle),
    close: () => closeSync(handle),
  };
}

const writeSome = promisify(write);
const syncFile = promisify(fsync);
