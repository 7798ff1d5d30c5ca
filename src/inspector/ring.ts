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

/**
 * The last rows, in memory that is taken once: numbers in columns, texts one behind the other in a buffer that begins anew at its end.
 * Nothing of it is an object, so that it costs the collector of garbage nothing. The oldest rows go when their number or the
 * buffer is full.
 */
export class Ring {
  readonly #capacity: number;
  readonly #bytes: Buffer;
  readonly #starts: Uint32Array;
  readonly #lengths: Uint32Array;
  readonly #columns: { readonly [name in keyof RowNumbers]: Float64Array | Float32Array | Uint32Array | Uint16Array };
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
    this.#starts = new Uint32Array(capacity);
    this.#lengths = new Uint32Array(capacity);
    this.#columns = {
      time: new Float64Array(capacity),
      number: new Float64Array(capacity),
      at: new Float64Array(capacity),
      ms: new Float32Array(capacity),
      bodyMs: new Float32Array(capacity),
      bytes: new Uint32Array(capacity),
      status: new Uint16Array(capacity),
      outcome: new Uint16Array(capacity),
      reason: new Uint16Array(capacity),
      endpoint: new Uint16Array(capacity),
      more: new Uint16Array(capacity),
    };
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
    const slot = this.#added % this.#capacity;
    const columns = this.#columns;
    this.#starts[slot] = start;
    this.#lengths[slot] = written;
    columns.time[slot] = row.time;
    columns.number[slot] = row.number;
    columns.at[slot] = row.at;
    columns.ms[slot] = row.ms;
    columns.bodyMs[slot] = row.bodyMs;
    columns.bytes[slot] = row.bytes;
    columns.status[slot] = row.status;
    columns.outcome[slot] = row.outcome;
    columns.reason[slot] = row.reason;
    columns.endpoint[slot] = row.endpoint;
    columns.more[slot] = row.more;
    this.#free = start + written;
    this.#added++;
  }

  /** A number of the row at a position that is kept. */
  number(position: number, name: keyof RowNumbers): number {
    return this.#columns[name][position % this.#capacity] ?? 0;
  }

  text(position: number): string {
    return this.#slice(position).toString('utf8');
  }

  /** Whether its text has these bytes; much quicker than to read it. */
  has(position: number, bytes: Buffer): boolean {
    return this.#slice(position).includes(bytes);
  }

  #slice(position: number): Buffer {
    const slot = position % this.#capacity;
    const start = this.#starts[slot] ?? 0;
    return this.#bytes.subarray(start, start + (this.#lengths[slot] ?? 0));
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
    return this.#starts[position % this.#capacity] ?? 0;
  }
}
