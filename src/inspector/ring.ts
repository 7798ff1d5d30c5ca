/** The numbers of a row. */
export interface RowNumbers {
  /** When it was noted, in milliseconds since the epoch: never less than that of the row before. */
  readonly time: number;
  /** Of all rows of this process, counted from 1. */
  readonly number: number;
  /** When the delivery came, in milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
  /** 0: the body was not read. */
  readonly bodyMs: number;
  readonly bytes: number;
  readonly status: number;
  /** Place of the outcome in `deliveryOutcomes`. */
  readonly outcome: number;
  /** Number of the reason; 0: none. */
  readonly reason: number;
  /** Number of the endpoint; 0: none. */
  readonly endpoint: number;
  /** Events that are not in the text. */
  readonly more: number;
}

/** Bytes that a character may take. */
const mostPerCharacter = 3;

/** The place of each number of a row, and of where its text begins and how many bytes it has. */
const places: { readonly [name in keyof RowNumbers]: number } = {
  time: 0,
  number: 1,
  at: 2,
  ms: 3,
  bodyMs: 4,
  bytes: 5,
  status: 6,
  outcome: 7,
  reason: 8,
  endpoint: 9,
  more: 10,
};
const startPlace = 11;
const lengthPlace = 12;
const rowSize = 13;

/**
 * The last rows, in memory that is taken once: the numbers of a row side by side, and texts one behind the other in a buffer that begins
 * anew at its end. Nothing of it is an object, so that it costs the collector of garbage nothing. The oldest rows go when
 * their number or the buffer is full.
 */
export class Ring {
  readonly #capacity: number;
  readonly #bytes: Buffer;
  readonly #numbers: Float64Array;
  /** Rows that were ever added, and the first of them that is kept. */
  #added = 0;
  #first = 0;
  /** Where the next text goes. */
  #free = 0;

  /** `bytes`: of all texts. */
  constructor(capacity: number, bytes: number) {
    this.#capacity = capacity;
    // Untouched memory of this size is none yet.
    this.#bytes = Buffer.alloc(bytes);
    this.#numbers = new Float64Array(capacity * rowSize);
  }

  /** Rows that are kept. Their positions are `first` to `end`, the latter exclusive. */
  get size(): number {
    return this.#added - this.#first;
  }

  get first(): number {
    return this.#first;
  }

  get end(): number {
    return this.#added;
  }

  /** `text` must be shorter than a third of the buffer. */
  add(row: RowNumbers, text: string): void {
    const start = this.#makeRoom(text.length * mostPerCharacter);
    const written = this.#bytes.write(text, start, 'utf8');
    const at = (this.#added % this.#capacity) * rowSize;
    const numbers = this.#numbers;
    numbers[at] = row.time;
    numbers[at + places.number] = row.number;
    numbers[at + places.at] = row.at;
    numbers[at + places.ms] = row.ms;
    numbers[at + places.bodyMs] = row.bodyMs;
    numbers[at + places.bytes] = row.bytes;
    numbers[at + places.status] = row.status;
    numbers[at + places.outcome] = row.outcome;
    numbers[at + places.reason] = row.reason;
    numbers[at + places.endpoint] = row.endpoint;
    numbers[at + places.more] = row.more;
    numbers[at + startPlace] = start;
    numbers[at + lengthPlace] = written;
    this.#free = start + written;
    this.#added++;
  }

  /** A number of the row at a position that is kept. */
  number(position: number, name: keyof RowNumbers): number {
    return this.#read(position, places[name]);
  }

  text(position: number): string {
    return this.#slice(position).toString('utf8');
  }

  /** Whether its text has these bytes; much quicker than to read it. */
  has(position: number, bytes: Buffer): boolean {
    return this.#slice(position).includes(bytes);
  }

  #slice(position: number): Buffer {
    const start = this.#read(position, startPlace);
    return this.#bytes.subarray(start, start + this.#read(position, lengthPlace));
  }

  /** Lets go of the oldest rows until so many bytes are free in one piece, and gives their start. */
  #makeRoom(bytes: number): number {
    if (this.size === this.#capacity) this.#first++;
    let start = this.#free;
    if (start + bytes > this.#bytes.length) {
      // What lies between here and the end goes first.
      while (this.size > 0 && this.#startOf(this.#first) >= start) this.#first++;
      start = 0;
    }
    while (this.size > 0 && this.#startOf(this.#first) >= start && this.#startOf(this.#first) < start + bytes)
      this.#first++;
    return start;
  }

  #startOf(position: number): number {
    return this.#read(position, startPlace);
  }

  #read(position: number, place: number): number {
    return this.#numbers[(position % this.#capacity) * rowSize + place] ?? 0;
  }
}
