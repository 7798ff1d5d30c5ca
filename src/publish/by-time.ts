import type { Span, StoredRecord } from './read.js';

export interface ByTimeOptions {
  /** Records, and bytes of their values, that wait for older ones at the most. */
  readonly most: number;
  readonly mostBytes: number;
  /** Milliseconds without a record after which those that wait are shown as they are. */
  readonly patience: number;
}

const defaults: ByTimeOptions = { most: 20_000, mostBytes: 64 * 1024 * 1024, patience: 500 };

/** Records of one partition that wait, oldest first. */
interface Lane {
  readonly records: StoredRecord[];
  /** What was there when the reading began ends here. */
  readonly end: bigint;
  done: boolean;
}

/**
 * The records of several partitions in the order of their times, those of one partition in its own order. `spans` may grow
 * until the first record. A record waits until every partition that has older ones to come has shown one; where that takes too
 * much memory or time, the order is as good as it can be.
 */
export async function* byTime(
  source: AsyncIterable<StoredRecord>,
  spans: readonly Span[],
  options: Partial<ByTimeOptions> = {},
): AsyncGenerator<StoredRecord, void, undefined> {
  const merge = new Merge(spans, { ...defaults, ...options });
  const records = source[Symbol.asyncIterator]();
  try {
    let following = records.next();
    for (;;) {
      const next = await merge.wait(following);
      if (next === 'late') yield* merge.takeAll();
      else if (next.done) break;
      else {
        merge.add(next.value);
        following = records.next();
        yield* merge.takeReady();
      }
    }
    yield* merge.takeAll();
  } finally {
    await records.return?.();
  }
}

class Merge {
  readonly #lanes = new Map<string, Lane>();
  readonly #spans: readonly Span[];
  readonly #options: ByTimeOptions;
  #waiting = 0;
  #bytes = 0;
  #begun = false;

  constructor(spans: readonly Span[], options: ByTimeOptions) {
    this.#spans = spans;
    this.#options = options;
  }

  /** The next record, or `late` where it does not come in time for those that wait. */
  async wait<T>(next: Promise<T>): Promise<T | 'late'> {
    if (this.#waiting === 0) return next;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.#options.patience);
    });
    try {
      return await Promise.race([next, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  add(record: StoredRecord): void {
    this.#begin();
    const { topic, partition, offset, value } = record;
    const name = `${topic}/${partition}`;
    const lane = this.#lanes.get(name) ?? { records: [], end: 0n, done: true };
    this.#lanes.set(name, lane);
    lane.records.push(record);
    if (offset + 1n >= lane.end) lane.done = true;
    this.#waiting++;
    this.#bytes += value.length;
  }

  *takeReady(): Generator<StoredRecord> {
    while (this.#waiting > 0 && (this.#isFull() || this.#isDecided())) yield this.#takeOldest();
  }

  *takeAll(): Generator<StoredRecord> {
    while (this.#waiting > 0) yield this.#takeOldest();
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    for (const { topic, partition, start, end } of this.#spans) {
      if (start < end) this.#lanes.set(`${topic}/${partition}`, { records: [], end, done: false });
    }
  }

  #isFull(): boolean {
    return this.#waiting > this.#options.most || this.#bytes > this.#options.mostBytes;
  }

  #isDecided(): boolean {
    for (const { records, done } of this.#lanes.values()) if (!done && records.length === 0) return false;
    return true;
  }

  #takeOldest(): StoredRecord {
    let oldest: { readonly lane: Lane; readonly record: StoredRecord } | undefined;
    for (const lane of this.#lanes.values()) {
      const [record] = lane.records;
      if (record && (oldest === undefined || record.timestamp < oldest.record.timestamp)) oldest = { lane, record };
    }
    if (oldest === undefined) throw new Error('no record waits');
    oldest.lane.records.shift();
    this.#waiting--;
    this.#bytes -= oldest.record.value.length;
    return oldest.record;
  }
}
