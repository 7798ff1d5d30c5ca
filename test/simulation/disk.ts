import { dirname } from 'node:path';
import type { Folder, SharedLogFile } from '../../src/storage/dedupe/folder.js';
import { type AppendFile, type Files, GoneError } from '../../src/storage/disk/files.js';
import type { World } from './world.js';

interface Inode {
  bytes: Buffer;
  synced: number;
  /** Parts that a failed sync has lost, though a later one succeeded: a power cut shows it. */
  readonly lost?: { readonly from: number; readonly to: number }[];
}

const sector = 512;
/** Milliseconds from a look whether a folder is one's own to what is done in it. */
const looking = 50;

/**
 * A disk that outlives processes, loses what was not synced in a power cut, can be full or read-only, and lies about a sync
 * after one that failed. Files can be damaged, swapped and taken away, folders vanish and come back.
 */
export class SimulatedDisk {
  readonly #world: World;
  #files = new Map<string, Inode>();
  /** Small files as they were before the last replacement, and files that were removed: a power cut may bring them back. */
  readonly #former = new Map<string, Inode>();
  /** Files whose names a power cut may take away: their folder isn't synced. */
  readonly #unnamed = new Set<string>();
  /** Appends under way: a crash leaves a part of them. */
  readonly #appends = new Set<{ readonly inode: Inode; readonly bytes: Buffer }>();
  full = false;
  readOnly = false;
  /** So many syncs to come fail; what they should have made durable is lost in the next power cut. */
  failingSyncs = 0;
  /** So many reads to come of open files fail. */
  failingReads = 0;
  /** A power cut leaves whole sectors of what was being written empty, and not only its end away. */
  tornSectors = false;
  /** Files of folders that have vanished. */
  readonly #vanished = new Map<string, Map<string, Inode>>();
  /** A folder that somebody else has taken, or whose volume is away, and since when. */
  #forbidden: { readonly folder: string; readonly since: number } | undefined;
  /** What a gateway has done in it. */
  readonly trespasses: string[] = [];
  /** Called before each append to a file of a `Folder`, which may crash the process. */
  beforeAppend: () => void = () => undefined;
  /** Operations of a process that is dead do nothing. */
  #mount = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** What a process sees. */
  mount(): Files {
    const mount = ++this.#mount;
    const work = async <T>(action: () => T): Promise<T> => {
      await this.#world.pause(this.#world.dice.chance(0.05) ? 20 : 1);
      // The dead wait forever.
      if (mount !== this.#mount) return new Promise<T>(() => {});
      return action();
    };
    return {
      list: (folder) => work(() => this.#list(folder)),
      read: (file, offset, length) => work(() => this.#inode(file).bytes.subarray(offset, offset + length)),
      size: (file) => work(() => this.#files.get(file)?.bytes.length ?? 0),
      sync: (file) => work(() => this.#sync(this.#inode(file))),
      create: (file) => work(() => this.#create(file, work)),
      open: (file) => work(() => this.#appendTo(file, this.#inode(file), work)),
      replace: (file, text, { durable } = { durable: false }) => work(() => this.#replace(file, text, durable)),
      text: (file) => work(() => this.#files.get(file)?.bytes.toString()),
      rename: (file, to) =>
        work(() => {
          this.#refuseWrites(to);
          if (this.#files.has(to)) throw new Error(`${to} is there already`);
          this.#files.set(to, this.#inode(file));
          this.#files.delete(file);
        }),
      remove: (file) =>
        work(() => {
          if (this.readOnly) this.#refuseWrites();
          const inode = this.#files.get(file);
          if (inode) this.#former.set(file, inode);
          this.#files.delete(file);
        }),
    };
  }

  /** The folder of append-only files as the process of the last `mount` sees it. */
  folder(path: string): Folder {
    const mount = this.#mount;
    const alive = () => {
      if (mount !== this.#mount) throw new Error('the process is dead');
    };
    return {
      list: () => this.#list(path),
      open: (name) => {
        alive();
        return this.#openLog(`${path}/${name}`, alive);
      },
      remove: (name) => {
        alive();
        const inode = this.#files.get(`${path}/${name}`);
        if (inode) this.#former.set(`${path}/${name}`, inode);
        this.#files.delete(`${path}/${name}`);
      },
      sync: () => {
        alive();
        for (const file of this.#unnamed) if (file.startsWith(`${path}/`)) this.#unnamed.delete(file);
      },
    };
  }

  /** kill -9: what was written stays, of what was about to be there may be a part. */
  kill(): void {
    this.#mount++;
    this.#former.clear();
    for (const { inode, bytes } of this.#appends) grow(inode, bytes.subarray(0, this.#world.dice.below(bytes.length)));
    this.#appends.clear();
  }

  /** A power cut: of what was not synced, any part may be lost. */
  cutPower(): void {
    this.#mount++;
    this.#appends.clear();
    for (const file of this.#unnamed) if (this.#world.dice.chance(0.5)) this.#files.delete(file);
    this.#unnamed.clear();
    for (const [file, inode] of this.#former) if (this.#world.dice.chance(0.5)) this.#files.set(file, inode);
    this.#former.clear();
    for (const inode of this.#files.values()) {
      const { dice } = this.#world;
      const kept = inode.synced + dice.below(inode.bytes.length - inode.synced + 1);
      const whole = inode.synced;
      inode.bytes = Buffer.from(inode.bytes.subarray(0, kept));
      inode.synced = kept;
      for (const { from, to } of inode.lost ?? []) inode.bytes.fill(0, from, Math.min(to, kept));
      if (this.tornSectors && dice.chance(0.3)) {
        const torn = Math.max(whole, dice.below(kept + 1));
        inode.bytes.fill(0, torn, Math.min(kept, (Math.floor(torn / sector) + 1) * sector));
      }
    }
  }

  /** All files of a folder and those below it. */
  paths(folder: string): readonly string[] {
    return [...this.#files.keys()].filter((file) => file.startsWith(`${folder}/`)).sort();
  }

  /** What a file has; undefined: there is none. */
  content(file: string): Buffer | undefined {
    return this.#files.get(file)?.bytes;
  }

  /** What a bit is becomes what it isn't. */
  flip(file: string, bit: number): void {
    const inode = this.#inode(file);
    const bytes = Buffer.from(inode.bytes);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    inode.bytes = bytes;
  }

  /** Each has the other's name. */
  swap(a: string, b: string): void {
    const [first, second] = [this.#inode(a), this.#inode(b)];
    this.#files.set(a, second);
    this.#files.set(b, first);
  }

  put(file: string, text: string): void {
    this.#files.set(file, { bytes: Buffer.from(text), synced: text.length });
  }

  drop(file: string): void {
    this.#files.delete(file);
  }

  /** Somebody cuts a file, under whoever has it open. */
  cut(file: string, length: number): void {
    const inode = this.#inode(file);
    inode.bytes = inode.bytes.subarray(0, length);
  }

  /** The folder is gone, for whoever opens something in it; what is open stays so. */
  vanish(folder: string): void {
    const gone = new Map<string, Inode>();
    for (const path of this.paths(folder)) {
      gone.set(path, this.#inode(path));
      this.#files.delete(path);
    }
    this.#vanished.set(folder, gone);
  }

  /** A folder that has vanished is there again, with what it had; what was made in its place lies hidden beneath it. */
  comeBack(folder: string): void {
    for (const path of this.paths(folder)) this.#files.delete(path);
    for (const [path, inode] of this.#vanished.get(folder) ?? []) this.#files.set(path, inode);
    this.#vanished.delete(folder);
  }

  /** From now on nobody may make or change names in the folder; undefined: there is no such folder any more. */
  forbid(folder: string | undefined): void {
    this.#forbidden = folder === undefined ? undefined : { folder, since: this.#world.now() };
  }

  get isForbidden(): boolean {
    return this.#forbidden !== undefined;
  }

  /** What was a sector has nothing but zeros. */
  wipe(file: string, number: number): void {
    const inode = this.#inode(file);
    const bytes = Buffer.from(inode.bytes);
    bytes.fill(0, number * sector, Math.min(bytes.length, (number + 1) * sector));
    inode.bytes = bytes;
  }

  /** The same disk once more, as it is now. */
  copy(world: World): SimulatedDisk {
    const twin = new SimulatedDisk(world);
    for (const [path, inode] of this.#files) twin.#files.set(path, { ...inode });
    return twin;
  }

  /** Bit rot in the files where these bytes are. */
  damage(bytes: string): void {
    for (const inode of this.#files.values()) {
      const at = inode.bytes.indexOf(bytes);
      if (at >= 0) inode.bytes = Buffer.from(inode.bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));
    }
  }

  get bytes(): number {
    return [...this.#files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  #list(folder: string): readonly string[] {
    const names = [...this.#files.keys()].filter((file) => file.startsWith(`${folder}/`));
    return [...new Set(names.map((file) => file.slice(folder.length + 1).split('/')[0] ?? ''))].sort();
  }

  #inode(file: string): Inode {
    const inode = this.#files.get(file);
    if (!inode) throw missing(file);
    return inode;
  }

  #create(file: string, work: <T>(action: () => T) => Promise<T>): AppendFile {
    if (this.#files.has(file)) throw Object.assign(new Error('it exists'), { code: 'EEXIST' });
    this.#refuseWrites(file);
    const inode: Inode = { bytes: Buffer.alloc(0), synced: 0 };
    this.#files.set(file, inode);
    // Its folder is synced: what had this name before can't come back, nor can what was removed from there.
    this.#former.delete(file);
    const folder = dirname(file);
    for (const path of this.#former.keys())
      if (dirname(path) === folder && !this.#files.has(path)) this.#former.delete(path);
    return this.#appendTo(file, inode, work);
  }

  #appendTo(path: string, inode: Inode, work: <T>(action: () => T) => Promise<T>): AppendFile {
    const mount = this.#mount;
    let written = inode.bytes.length;
    const write = (all: Buffer): void => {
      if (this.readOnly) this.#refuseWrites();
      const part = this.full ? all.subarray(0, this.#world.dice.below(all.length)) : all;
      inode.bytes = Buffer.concat([inode.bytes, part]);
      this.#refuseWrites();
      written = inode.bytes.length;
    };
    const check = (): void => {
      if (this.#files.get(path) !== inode) throw new GoneError(path);
      if (inode.bytes.length < written) throw new GoneError(path, inode.bytes.length);
    };
    return {
      read: (offset, length) => work(() => this.#read(inode, offset, length)),
      write: (chunks) => work(() => write(Buffer.concat(chunks))),
      writeNow: (bytes) => {
        if (mount === this.#mount) write(bytes);
      },
      check: () => work(check),
      sync: () =>
        work(() => {
          this.#sync(inode);
          check();
        }),
      truncate: (length) =>
        work(() => {
          inode.bytes = inode.bytes.subarray(0, length);
          inode.synced = Math.min(inode.synced, length);
          written = length;
        }),
      close: () => work(() => undefined),
    };
  }

  #read(inode: Inode, offset: number, length: number): Buffer {
    if (this.failingReads > 0) {
      this.failingReads--;
      throw Object.assign(new Error('input/output error'), { code: 'EIO' });
    }
    return inode.bytes.subarray(offset, offset + length);
  }

  #sync(inode: Inode): void {
    const { synced, bytes, lost = [] } = inode;
    inode.synced = bytes.length;
    if (this.failingSyncs === 0) return;
    this.failingSyncs--;
    Object.assign(inode, { lost: [...lost, { from: synced, to: bytes.length }] });
    throw Object.assign(new Error('input/output error'), { code: 'EIO' });
  }

  #openLog(file: string, alive: () => void): SharedLogFile {
    const inode = this.#files.get(file) ?? { bytes: Buffer.alloc(0), synced: 0 };
    if (!this.#files.has(file)) {
      this.#refuseWrites();
      this.#files.set(file, inode);
      this.#unnamed.add(file);
    }
    const appendNow = (bytes: Buffer): void => {
      this.beforeAppend();
      alive();
      grow(inode, this.full ? bytes.subarray(0, this.#world.dice.below(bytes.length)) : bytes);
      this.#refuseWrites();
    };
    return {
      path: file,
      read: (into, position) => inode.bytes.copy(into, 0, position),
      appendNow,
      append: async (bytes) => {
        const append = { inode, bytes };
        this.#appends.add(append);
        await this.#world.pause(this.#world.dice.chance(0.05) ? 20 : 1);
        // The dead wait forever.
        if (!this.#appends.delete(append)) return new Promise(() => {});
        appendNow(bytes);
      },
      sync: async () => {
        await this.#world.pause(1);
        alive();
        this.#sync(inode);
      },
      close: () => undefined,
    };
  }

  #replace(file: string, text: string, durable: boolean): void {
    this.#refuseWrites(file);
    const before = this.#files.get(file);
    if (before && !durable) this.#former.set(file, before);
    if (durable) this.#former.delete(file);
    this.#files.set(file, { bytes: Buffer.from(text), synced: text.length });
  }

  /** `path`: a name in its folder is made or changed. */
  #refuseWrites(path?: string): void {
    if (this.#forbidden !== undefined && path?.startsWith(`${this.#forbidden.folder}/`)) {
      if (this.#world.now() - this.#forbidden.since > looking) this.trespasses.push(path);
      // What is there instead can only be read.
      throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
    }
    if (this.readOnly) throw Object.assign(new Error('read-only file system'), { code: 'EROFS' });
    if (this.full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }
}

function grow(inode: Inode, bytes: Buffer): void {
  inode.bytes = Buffer.concat([inode.bytes, bytes]);
}

function missing(file: string): Error {
  return Object.assign(new Error(`no such file: ${file}`), { code: 'ENOENT' });
}
