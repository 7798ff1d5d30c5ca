import type { Folder, LogFile } from '../../src/dedupe/folder.js';
import type { AppendFile, Files } from '../../src/publish/disk/files.js';
import type { World } from './world.js';

interface Inode {
  bytes: Buffer;
  synced: number;
}

/** A disk that outlives processes, loses what was not synced in a power cut, and can be full. */
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
      // The dead wait for ever.
      if (mount !== this.#mount) return new Promise<T>(() => {});
      return action();
    };
    return {
      list: (folder) => work(() => this.#list(folder)),
      read: (file, offset, length) => work(() => this.#inode(file).bytes.subarray(offset, offset + length)),
      size: (file) => work(() => this.#files.get(file)?.bytes.length ?? 0),
      sync: (file) =>
        work(() => {
          const inode = this.#inode(file);
          inode.synced = inode.bytes.length;
        }),
      create: (file) => work(() => this.#create(file, work)),
      open: (file) => work(() => this.#appendTo(this.#inode(file), work)),
      replace: (file, text) => work(() => this.#replace(file, text)),
      text: (file) => work(() => this.#files.get(file)?.bytes.toString()),
      remove: (file) =>
        work(() => {
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
      const kept = inode.synced + this.#world.dice.below(inode.bytes.length - inode.synced + 1);
      inode.bytes = inode.bytes.subarray(0, kept);
      inode.synced = kept;
    }
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
    if (!inode) throw Object.assign(new Error(`no such file: ${file}`), { code: 'ENOENT' });
    return inode;
  }

  #create(file: string, work: <T>(action: () => T) => Promise<T>): AppendFile {
    if (this.#files.has(file)) throw Object.assign(new Error('it exists'), { code: 'EEXIST' });
    this.#refuseWhenFull();
    const inode: Inode = { bytes: Buffer.alloc(0), synced: 0 };
    this.#files.set(file, inode);
    // Its folder is synced: what had this name before can't come back.
    this.#former.delete(file);
    return this.#appendTo(inode, work);
  }

  #appendTo(inode: Inode, work: <T>(action: () => T) => Promise<T>): AppendFile {
    return {
      write: (chunks) =>
        work(() => {
          const all = Buffer.concat(chunks);
          const part = this.full ? all.subarray(0, this.#world.dice.below(all.length)) : all;
          inode.bytes = Buffer.concat([inode.bytes, part]);
          this.#refuseWhenFull();
        }),
      sync: () =>
        work(() => {
          inode.synced = inode.bytes.length;
        }),
      truncate: (length) =>
        work(() => {
          inode.bytes = inode.bytes.subarray(0, length);
          inode.synced = Math.min(inode.synced, length);
        }),
      close: () => work(() => undefined),
    };
  }

  #openLog(file: string, alive: () => void): LogFile {
    const inode = this.#files.get(file) ?? { bytes: Buffer.alloc(0), synced: 0 };
    if (!this.#files.has(file)) {
      this.#refuseWhenFull();
      this.#files.set(file, inode);
      this.#unnamed.add(file);
    }
    const appendNow = (bytes: Buffer): void => {
      this.beforeAppend();
      alive();
      grow(inode, this.full ? bytes.subarray(0, this.#world.dice.below(bytes.length)) : bytes);
      this.#refuseWhenFull();
    };
    return {
      read: (into, position) => inode.bytes.copy(into, 0, position),
      appendNow,
      append: async (bytes) => {
        const append = { inode, bytes };
        this.#appends.add(append);
        await this.#world.pause(this.#world.dice.chance(0.05) ? 20 : 1);
        // The dead wait for ever.
        if (!this.#appends.delete(append)) return new Promise(() => {});
        appendNow(bytes);
      },
      sync: async () => {
        await this.#world.pause(1);
        alive();
        inode.synced = inode.bytes.length;
      },
      close: () => undefined,
    };
  }

  #replace(file: string, text: string): void {
    this.#refuseWhenFull();
    const before = this.#files.get(file);
    if (before) this.#former.set(file, before);
    this.#files.set(file, { bytes: Buffer.from(text), synced: text.length });
  }

  #refuseWhenFull(): void {
    if (this.full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }
}

function grow(inode: Inode, bytes: Buffer): void {
  inode.bytes = Buffer.concat([inode.bytes, bytes]);
}
