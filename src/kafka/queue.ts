import type { KafkaRecord, Placement, PublishError } from '../core/model.js';

/** A record on its way, and whom to tell. */
export interface QueuedRecord {
  readonly record: KafkaRecord;
  /** Estimated size in a batch. */
  readonly bytes: number;
  readonly resolve: (placement: Placement) => void;
  readonly reject: (error: PublishError) => void;
}

/** Below Kafka's default `max.message.bytes` (1,048,588), which counts a whole batch. */
const maxBytes = 900 * 1024;
/** A record that is refused is looked for by halving its batch. */
const maxRecords = 1000;

/** First in, first out, by batches. A dequeue costs amortised constant time per entry. */
export class RecordQueue {
  #entries: QueuedRecord[] = [];
  #head = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  push(entry: QueuedRecord): void {
    this.#entries.push(entry);
  }

  /** The next batch: at least one entry, else as many as the caps allow. */
  take(): readonly QueuedRecord[] {
    const start = this.#head;
    let end = start;
    let bytes = 0;
    for (; end < this.#entries.length && end - start < maxRecords; end++) {
      bytes += this.#entries[end]?.bytes ?? 0;
      if (bytes > maxBytes && end > start) break;
    }
    return this.#remove(end);
  }

  #remove(end: number): readonly QueuedRecord[] {
    const taken = this.#entries.slice(this.#head, end);
    this.#head = end;
    if (this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }
}

/**
 * An upper bound of what the record takes in a batch: message format v2 needs at most 36 bytes beside key, value and
 * headers, and 10 per header; a UTF-16 unit is at most 3 bytes of UTF-8.
 */
export function estimateBytes(record: KafkaRecord): number {
  let text = record.key.length;
  let overhead = 36;
  for (const name in record.headers) {
    text += name.length + (record.headers[name]?.length ?? 0);
    overhead += 10;
  }
  return record.value.length + text * 3 + overhead;
}
