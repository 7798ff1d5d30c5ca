import type { Clock } from '../publish/clock.js';
import { encodeTurn, entrySize, kinds, readEntries, readKind } from './entry.js';
import type { Folder, LogFile } from './folder.js';

/** A file of a chain, as far as this process knows it. */
interface Part {
  readonly number: number;
  readonly file: LogFile;
  /** Bytes that have been read. */
  position: number;
  damaged: number;
  /** Its end has been read: the next file goes on. */
  ended: boolean;
  dirty: boolean;
}

export interface ChainOptions {
  readonly folder: Folder;
  /** Of the files' names. */
  readonly name: string;
  /** Present: other processes append to it, too. */
  readonly follow: Clock | undefined;
  /** Gets every whole entry once, in the order in which they lie in the chain. */
  readonly visit: (entry: {
    readonly number: number;
    readonly position: number;
    readonly from: Buffer;
    readonly at: number;
  }) => void;
  /** A further file was begun. */
  readonly onTurn: (chain: Chain) => void;
  /** What can't be read when the chain is opened; the rest is kept. */
  readonly onDamage: (fields: { readonly file: string; readonly [name: string]: unknown }) => void;
}

/** Milliseconds between two looks of a process that has nothing to do. */
const followInterval = 1_000;
/** Nothing that is read from it outlives a call. */
const scratch = Buffer.allocUnsafe(64 * 1024);
const oneEntry = Buffer.allocUnsafe(entrySize);

const nowhere: Part = {
  number: 0,
  file: {
    read: () => 0,
    append: async () => undefined,
    appendNow: () => undefined,
    sync: async () => undefined,
    close: () => undefined,
  },
  position: 0,
  damaged: 0,
  ended: false,
  dirty: false,
};

/**
 * Numbered files of entries, to which all processes of a gateway append. Each reads what the others have written, and all
 * read the same entries in the same order: the system puts every append at the end of the file, and the entry `turn` ends
 * a file for everybody. What is written behind it counts for nobody, so its writer, who sees that too, writes it again.
 */
export class Chain {
  readonly #options: ChainOptions;
  readonly #parts = new Map<number, Part>();
  readonly #unusable = new Set<number>();
  #current: Part = { ...nowhere };
  #cancelTimer: (() => void) | undefined;

  /** Reads all that there is, some milliseconds at a time. Throws what the folder throws. */
  static async open(options: ChainOptions): Promise<Chain> {
    const chain = new Chain(options);
    await chain.#load();
    chain.#keepUp();
    return chain;
  }

  private constructor(options: ChainOptions) {
    this.#options = options;
  }

  /** Number of the file that is being filled. */
  get current(): number {
    return this.#current.number;
  }

  /** Numbers of all files that are open. */
  get numbers(): readonly number[] {
    return [...this.#parts.keys()];
  }

  /** Bytes in the current file. */
  get length(): number {
    return this.#current.position;
  }

  /** Reads what was appended since the last look. */
  follow(): void {
    for (;;) {
      while (this.#readSome(this.#current)) {}
      if (!this.#current.ended) return;
      this.#current = this.#openPart(this.#numberAfter(this.#current.number));
      this.#options.onTurn(this);
    }
  }

  /** Resolves when the entries are in the chain and have been read. After an error some of them may be. */
  async append(entries: Buffer): Promise<void> {
    for (let part: Part | undefined; part === undefined || part.ended; this.follow()) {
      part = this.#current;
      part.dirty = true;
      await part.file.append(entries);
    }
  }

  /** The same at once. */
  appendNow(entries: Buffer): void {
    for (let part: Part | undefined; part === undefined || part.ended; this.follow()) {
      part = this.#current;
      part.dirty = true;
      part.file.appendNow(entries);
    }
  }

  /** Goes on to the next file, and all other processes with it. */
  turn(): void {
    this.#current.dirty = true;
    this.#current.file.appendNow(encodeTurn());
    this.follow();
  }

  /** The bytes of an entry, valid until the next call; undefined where they can't be had any more. */
  read(number: number, position: number): Buffer | undefined {
    const length = this.#parts.get(number)?.file.read(oneEntry, position);
    return length === entrySize ? oneEntry : undefined;
  }

  /** Deletes a file. */
  drop(number: number): void {
    this.#parts.get(number)?.file.close();
    this.#parts.delete(number);
    this.#options.folder.remove(this.#nameOf(number));
  }

  /** Lets go of the files, once all that this process has written survives a crash of the machine. */
  async close(): Promise<void> {
    this.#cancelTimer?.();
    try {
      for (const { file, dirty } of this.#parts.values()) if (dirty) await file.sync();
      this.#options.folder.sync();
    } finally {
      for (const { file } of this.#parts.values()) file.close();
      this.#parts.clear();
    }
  }

  /** So that nobody with a webhook has to wait until all is read that others have written meanwhile. */
  #keepUp(): void {
    this.#cancelTimer = this.#options.follow?.after(followInterval, () => {
      try {
        this.follow();
      } catch {
        // Whoever asks next finds out.
      }
      this.#keepUp();
    });
  }

  async #load(): Promise<void> {
    for (const number of this.#numbers()) {
      try {
        const part = this.#openPart(number);
        while (this.#readSome(part)) await new Promise(setImmediate);
        this.#reportDamage(part);
        // An empty file was begun by a process that came no further.
        if (part.position > 0 || this.#current.number === 0) this.#current = part;
      } catch (error) {
        this.#unusable.add(number);
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.onDamage({ file: this.#nameOf(number), reason });
      }
    }
    if (this.#current.number === 0) this.#current = this.#openPart(this.#numberAfter(0));
    this.follow();
  }

  #openPart(number: number): Part {
    const known = this.#parts.get(number);
    if (known !== undefined) return known;
    const file = this.#options.folder.open(this.#nameOf(number));
    const part = { ...nowhere, number, file };
    this.#parts.set(number, part);
    return part;
  }

  /** The next one that is there: whoever looks rarely may have missed some. */
  #numberAfter(number: number): number {
    const higher = this.#numbers().filter((other) => other > number);
    const usable = higher.find((other) => !this.#unusable.has(other));
    return usable ?? Math.max(number, ...higher) + 1;
  }

  #numbers(): readonly number[] {
    const { folder, name } = this.#options;
    const found = folder.list().map((file) => new RegExp(`^${name}-(\\d{8})$`).exec(file)?.[1]);
    return found.flatMap((digits) => (digits === undefined ? [] : Number(digits))).sort((a, b) => a - b);
  }

  #nameOf(number: number): string {
    return `${this.#options.name}-${String(number).padStart(8, '0')}`;
  }

  /** Says whether there may be more. */
  #readSome(part: Part): boolean {
    if (part.ended) return false;
    const length = part.file.read(scratch, part.position);
    if (length < entrySize) return false;
    const { number, position } = part;
    const from = scratch.subarray(0, length);
    const { done, damaged } = readEntries(from, (at) => {
      if (readKind(from, at) === kinds.turn) part.ended = true;
      else this.#options.visit({ number, position: position + at, from, at });
      return !part.ended;
    });
    part.position += done;
    part.damaged += damaged;
    return length === scratch.length;
  }

  #reportDamage(part: Part): void {
    const torn = part.ended ? 0 : part.file.read(oneEntry, part.position);
    const bytes = part.damaged + torn;
    if (bytes > 0) this.#options.onDamage({ file: this.#nameOf(part.number), bytes });
  }
}
