import { encodeTopic, hashTopic, readTopicPiece } from './entry.js';

/** What stands for the name of a topic that damage has taken: where its events are published is known, the name is not. */
const nameLost = '(unknown)';

/** The names of topics by their hash. Each file of the window has those of its own events. */
export class Topics {
  readonly #names = new Map<number, string>();
  readonly #hashes = new Map<string, number>();
  readonly #pieces = new Map<number, (Buffer | undefined)[]>();
  /** Topic → number of the newest file that has its name. */
  readonly #files = new Map<string, number>();

  hash(name: string): number {
    const known = this.#hashes.get(name);
    if (known !== undefined) return known;
    const made = hashTopic(name);
    this.#hashes.set(name, made);
    return made;
  }

  name(hash: number): string {
    return this.#names.get(hash) ?? nameLost;
  }

  /** The entries of those names that the file does not have yet. */
  missing(names: ReadonlySet<string>, file: number): Buffer {
    return Buffer.concat([...names].filter((name) => (this.#files.get(name) ?? 0) < file).map(encodeTopic));
  }

  /** Takes the entry of a piece of a name, which lies at `at`. */
  add(from: Buffer, at: number, file: number): void {
    const { topic, piece, count, text } = readTopicPiece(from, at);
    const pieces = this.#pieces.get(topic) ?? [];
    this.#pieces.set(topic, pieces);
    pieces[piece] = text;
    const whole = Array.from({ length: count }, (_, index) => pieces[index]).filter((each) => each !== undefined);
    if (whole.length < count) return;
    const name = Buffer.concat(whole).toString();
    this.#pieces.delete(topic);
    if (hashTopic(name) !== topic) return;
    this.learn(name);
    this.#files.set(name, Math.max(file, this.#files.get(name) ?? 0));
  }

  learn(name: string): void {
    this.#names.set(this.hash(name), name);
  }
}
