import { hashTopic } from './entry.js';
import type { Folder, LogFile } from './folder.js';

/** Kafka's names of topics have 249 characters at the most. */
const longestName = 249;
const newline = 10;

/**
 * The names of topics by their hash: a file with a line for each, to which all processes append. A damaged line is the name of
 * a topic that nobody asks for.
 */
export class Topics {
  readonly #file: LogFile;
  readonly #names = new Map<number, string>();
  readonly #hashes = new Map<string, number>();
  #position = 0;
  #dirty = false;

  constructor(folder: Folder) {
    this.#file = folder.open('topics');
    this.#readOn();
  }

  /** The hash of a topic; `add` it before it is written. */
  hash(name: string): number {
    const known = this.#hashes.get(name);
    if (known !== undefined) return known;
    const made = hashTopic(name);
    this.#hashes.set(name, made);
    return made;
  }

  name(hash: number): string | undefined {
    if (!this.#names.has(hash)) this.#readOn();
    return this.#names.get(hash);
  }

  /** Writes the names that aren't there yet. */
  async add(names: ReadonlySet<string>): Promise<void> {
    const missing = [...names].filter((name) => !this.#names.has(this.hash(name)));
    if (missing.length === 0) return;
    this.#dirty = true;
    // The line may begin behind a half-written one.
    await this.#file.append(Buffer.from(missing.map((name) => `\n${name}\n`).join('')));
    this.#readOn();
  }

  async close(): Promise<void> {
    try {
      if (this.#dirty) await this.#file.sync();
    } finally {
      this.#file.close();
    }
  }

  #readOn(): void {
    const chunk = Buffer.allocUnsafe(16 * 1024);
    for (;;) {
      const length = this.#file.read(chunk, this.#position);
      const end = chunk.subarray(0, length).lastIndexOf(newline) + 1;
      for (const name of chunk.toString('utf8', 0, end).split('\n')) {
        if (name !== '' && name.length <= longestName) this.#names.set(hashTopic(name), name);
      }
      if (length < chunk.length) {
        this.#position += end;
        return;
      }
      this.#position += end === 0 ? length : end;
    }
  }
}
