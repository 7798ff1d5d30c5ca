import type { Clock } from '../../util/clock.js';
import { errorText } from '../../util/errors.js';
import { NewerFormatError } from '../../util/newer-format.js';
import { type EntryFormat, encodeTurn, format } from './entry.js';
import type { Folder } from './folder.js';
import { LogPart, type Visit } from './log-part.js';

export interface ChainOptions {
  readonly folder: Folder;
  /** Of the files' names. */
  readonly name: string;
  /** Of the entries. Default: what this gateway writes. */
  readonly format?: EntryFormat;
  /** Present: other processes append to it, too. */
  readonly follow: Clock | undefined;
  /** Gets every whole entry once, in the order in which they lie in the chain. */
  readonly visit: Visit;
  /** A further file was begun. */
  readonly onTurn: (chain: Chain) => void;
  /** What can't be read when the chain is opened; the rest is kept. */
  readonly onDamage: (fields: { readonly file: string; readonly [name: string]: unknown }) => void;
}

/** Milliseconds between two looks of a process that has nothing to do. */
const followInterval = 1_000;
/** Before the first one. */
const noFile = {
  path: '',
  read: () => 0,
  append: async () => undefined,
  appendNow: () => undefined,
  sync: async () => undefined,
  close: () => undefined,
};
const nowhere = new LogPart(0, noFile, format);

/**
 * Numbered files of entries, to which all processes of a gateway append. Each reads what the others have written, and all
 * read the same entries in the same order: the system puts every append at the end of the file, and the entry `turn` ends
 * a file for everybody. What is written behind it counts for nobody, so its writer, who sees that too, writes it again.
 */
export class Chain {
  readonly #options: ChainOptions;
  readonly #parts = new Map<number, LogPart>();
  readonly #unusable = new Set<number>();
  #current = nowhere;
  #cancelTimer: (() => void) | undefined;

  /** Reads all that there is, some milliseconds at a time. Throws what the folder throws, and a `NewerFormatError`. */
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
    const { visit, onTurn } = this.#options;
    for (;;) {
      while (this.#current.readSome(visit)) {}
      if (!this.#current.ended) return;
      this.#current = this.#openPart(this.#numberAfter(this.#current.number));
      onTurn(this);
    }
  }

  /** Resolves when the entries are in the chain and have been read. After an error some of them may be. */
  async append(entries: Buffer): Promise<void> {
    for (let part: LogPart | undefined; part === undefined || part.ended; this.follow()) {
      part = this.#current;
      await part.append(entries);
    }
  }

  /** The same at once. */
  appendNow(entries: Buffer): void {
    for (let part: LogPart | undefined; part === undefined || part.ended; this.follow()) {
      part = this.#current;
      part.appendNow(entries);
    }
  }

  /** Goes on to the next file, and all other processes with it. */
  turn(): void {
    this.#current.appendNow(encodeTurn());
    this.follow();
  }

  /** The bytes of an entry, valid until the next call; undefined where they can't be had any more. */
  read(number: number, position: number): Buffer | undefined {
    return this.#parts.get(number)?.read(position);
  }

  /** Deletes a file. */
  drop(number: number): void {
    this.#parts.get(number)?.close();
    this.#parts.delete(number);
    this.#options.folder.remove(this.#nameOf(number));
  }

  /** Lets go of the files, once all that this process has written survives a crash of the machine. */
  async close(): Promise<void> {
    this.#cancelTimer?.();
    try {
      for (const part of this.#parts.values()) await part.sync();
      this.#options.folder.sync();
    } finally {
      for (const part of this.#parts.values()) part.close();
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
    const { visit, onDamage } = this.#options;
    for (const number of this.#numbers()) {
      try {
        const part = this.#openPart(number);
        while (part.readSome(visit)) await new Promise(setImmediate);
        const bytes = part.countDamaged();
        if (bytes > 0) onDamage({ file: this.#nameOf(number), bytes });
        // An empty file was begun by a process that came no further.
        if (part.position > 0 || this.#current.number === 0) this.#current = part;
      } catch (error) {
        if (error instanceof NewerFormatError) throw error;
        this.#unusable.add(number);
        const reason = errorText(error);
        onDamage({ file: this.#nameOf(number), reason });
      }
    }
    if (this.#current.number === 0) this.#current = this.#openPart(this.#numberAfter(0));
    this.follow();
  }

  #openPart(number: number): LogPart {
    const known = this.#parts.get(number);
    if (known !== undefined) return known;
    const part = new LogPart(number, this.#options.folder.open(this.#nameOf(number)), this.#options.format ?? format);
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
}
