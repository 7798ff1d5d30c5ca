import type { Fingerprint } from '../core/model.js';
import type { StoredRecord } from '../publish/read.js';
import { type Dismissal, readDismissal } from './dismiss.js';
import { nameEvent, namesOf, sharedName } from './event-name.js';
import { type DeadLetter, readLetter } from './letter.js';
import { type Mark, type ReplayBatch, type ReplayedEvent, readBatch, readMark } from './marks.js';

/** What the dead letter topic says, read from its beginning: the letters, and what replays have made of them. */
export class Ledger {
  readonly #letters = new Map<string, DeadLetter>();
  readonly #marks = new Map<string, Mark>();
  readonly #dismissals = new Map<string, Dismissal>();
  /** Where replays have published the events of endpoints, under the names of `namesOf`. */
  readonly #events = new Map<string, ReplayedEvent>();
  #last: { readonly batch: ReplayBatch; readonly timestamp: number; readonly offset: bigint } | undefined;
  readonly #marked = new Map<string, Set<string>>();

  /** Returns the letter, if the record is one. */
  add(record: StoredRecord): DeadLetter | undefined {
    const letter = readLetter(record);
    if (letter !== undefined) this.#letters.set(letter.id, letter);
    else this.#addMark(readMark(record));
    const dismissal = readDismissal(record);
    if (dismissal !== undefined) this.#dismissals.set(dismissal.letter, dismissal);
    const batch = readBatch(record);
    if (batch !== undefined) this.#addBatch(batch, record);
    return letter;
  }

  /** By the time of reception. */
  letters(): readonly DeadLetter[] {
    return [...this.#letters.values()].sort((a, b) => a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : 1));
  }

  find(id: string): DeadLetter | undefined {
    return this.#letters.get(id);
  }

  /** The last word on a letter, with the events of all replays. */
  mark(id: string): Mark | undefined {
    return this.#marks.get(id);
  }

  isDone(id: string): boolean {
    return this.#marks.get(id)?.remaining.length === 0;
  }

  /** Absent: it is not dismissed. */
  dismissal(id: string): Dismissal | undefined {
    return this.#dismissals.get(id);
  }

  /** Whether something is still to be done of it: it is neither replayed nor dismissed. */
  isOpen(id: string): boolean {
    return !this.isDone(id) && !this.#dismissals.has(id);
  }

  /** Where a replay has published an event of which this is a repetition. */
  findEvent(fingerprint: Fingerprint): ReplayedEvent | undefined {
    const name = sharedName(fingerprint);
    const { endpoint, id, by } = fingerprint;
    // A former gateway's mark has neither type nor content: the id must suffice.
    return this.#events.get(name) ?? (by === 'id' ? this.#events.get(nameEvent({ endpoint, id })) : undefined);
  }

  /** What a replay that was cut short was about to publish; undefined if the last one came to its end. */
  inDoubt(): ReplayBatch | undefined {
    if (this.#last === undefined) return undefined;
    const { batch } = this.#last;
    const marked = this.#marked.get(batch.id);
    const letters = batch.letters.filter((id) => marked?.has(id) !== true && this.#letters.has(id));
    return letters.length === 0 ? undefined : { ...batch, letters };
  }

  #addMark(mark: Mark | undefined): void {
    if (mark === undefined) return;
    for (const event of mark.events) {
      for (const name of namesOf({ endpoint: mark.endpoint, ...event })) this.#events.set(name, event);
    }
    const marked = this.#marked.get(mark.batch) ?? new Set();
    this.#marked.set(mark.batch, marked.add(mark.letter));
    const former = this.#marks.get(mark.letter);
    const last = former === undefined || former.at <= mark.at ? mark : former;
    this.#marks.set(mark.letter, { ...last, events: [...(former?.events ?? []), ...mark.events] });
  }

  /** They share a key; but a topic that got more partitions may have them in two. */
  #addBatch(batch: ReplayBatch, { timestamp, offset }: StoredRecord): void {
    const last = this.#last;
    if (last && (last.timestamp > timestamp || (last.timestamp === timestamp && last.offset > offset))) return;
    this.#last = { batch, timestamp, offset };
  }
}
