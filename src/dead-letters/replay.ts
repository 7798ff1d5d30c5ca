import { randomUUID } from 'node:crypto';
import { type Placement, PublishError } from '../core/model.js';
import type { Positions, StoredRecord } from '../publish/read.js';
import { evaluateLetter, type LetterFailure, type Verdict } from './evaluate.js';
import type { Ledger } from './ledger.js';
import type { DeadLetter } from './letter.js';
import { makeBatch, makeMark } from './marks.js';
import { nameRecord, Outgoing, type OutgoingRecord, type Result } from './outgoing.js';
import { chunks, newTally, openItems, type ReplayPorts, type ReplayTally } from './plan.js';

/** Letters in one batch: what is in doubt after a crash. */
const batchSize = 500;

/**
 * Publishes dead letters, each once, whatever happens. Before a batch goes out, a record in the dead letter topic says which letters
 * it has and where the topics end; after it is acknowledged, each letter gets its mark. So after a crash only the letters
 * of the last batch are in doubt, and their records, if they were written, are found behind those ends.
 */
export async function replay(
  ledger: Ledger,
  selected: readonly DeadLetter[],
  topic: string,
  ports: ReplayPorts,
): Promise<ReplayTally> {
  const doubt = ledger.inDoubt();
  const found = doubt ? await findPublished(doubt.letters, ports.readFrom(doubt.positions)) : new Map();
  const resumed = doubt?.letters.flatMap((id) => ledger.find(id) ?? []) ?? [];
  const fresh = selected.filter(({ id }) => doubt?.letters.includes(id) !== true);
  const tally = newTally(resumed.length + fresh.length, resumed.length);
  const run = new Run(ledger, topic, found, doubt?.positions ?? new Map(), tally, ports);
  // All that is in doubt goes into one batch again, and that says where all of it may lie: its record takes the place of the last one's.
  if (resumed.length > 0) await run.replayChunk(resumed, resumed.length);
  for (const chunk of chunks(fresh)) {
    if (ports.signal.aborted) break;
    await run.replayChunk(chunk, batchSize);
  }
  await run.end();
  return tally;
}

class Run {
  readonly #ledger: Ledger;
  readonly #topic: string;
  readonly #found: OutgoingRecord;
  readonly #doubt: Positions;
  readonly #outgoing: Outgoing;
  readonly #tally: ReplayTally;
  readonly #ports: ReplayPorts;
  #begun = false;

  constructor(
    ledger: Ledger,
    topic: string,
    found: OutgoingRecord,
    doubt: Positions,
    tally: ReplayTally,
    ports: ReplayPorts,
  ) {
    this.#doubt = doubt;
    this.#ledger = ledger;
    this.#topic = topic;
    this.#found = found;
    this.#outgoing = new Outgoing(ledger, found, doubt, tally, ports);
    this.#tally = tally;
    this.#ports = ports;
  }

  async replayChunk(letters: readonly DeadLetter[], size: number): Promise<void> {
    const records = await this.#ports.load(letters);
    for (let at = 0; at < letters.length && !this.#ports.signal.aborted; at += size) {
      if (!this.#ports.held()) {
        throw new PublishError(
          'unavailable',
          'NOT_HELD',
          'the replay lost its hold on the topic: run it again, it resumes',
        );
      }
      await this.#replayBatch(letters.slice(at, at + size), records);
      this.#ports.show(this.#tally);
    }
  }

  /** Nothing is in doubt any more. */
  async end(): Promise<void> {
    if (!this.#begun) return;
    const nothing = { id: randomUUID(), letters: [], positions: new Map() };
    await this.#ports.publisher.publish(makeBatch(this.#topic, nothing, this.#ports.now()));
  }

  async #replayBatch(letters: readonly DeadLetter[], records: ReadonlyMap<string, StoredRecord>): Promise<void> {
    const judged: { readonly letter: DeadLetter; readonly verdict: Verdict }[] = [];
    for (const letter of letters) {
      const record = records.get(letter.id);
      const verdict = record ? await this.#judge(letter, record) : expired;
      if (verdict.events.length > 0 || verdict.failures.length === 0) judged.push({ letter, verdict });
      else this.#fail(letter, verdict.failures);
    }
    this.#tally.byName += judged.filter(({ verdict }) => verdict.byName && verdict.failures.length === 0).length;
    if (judged.length === 0) return;
    const batch = randomUUID();
    await this.#begin(
      batch,
      judged.map(({ letter }) => letter.id),
      judged.flatMap(({ verdict }) => verdict.events.map(({ record }) => record.topic)),
    );
    const marked = judged.map(async ({ letter, verdict }) => {
      const results = await Promise.all(verdict.events.map((event) => this.#outgoing.publish(letter, event)));
      return { letter, results: [...results, ...verdict.failures] };
    });
    const done = await settleAll(marked);
    await settleAll(done.map(({ letter, results }) => this.#mark(letter, batch, results)));
  }

  /** What is in its topic is done, whatever today's configuration says. */
  async #judge(letter: DeadLetter, record: StoredRecord): Promise<Verdict> {
    const verdict = await evaluateLetter(letter, record, openItems(letter, this.#ledger), this.#ports);
    if (!this.#found.has(letter.id) || verdict.events.length > 0) return verdict;
    return { events: [], failures: verdict.failures.filter(({ item }) => item !== '') };
  }

  async #begin(id: string, letters: readonly string[], topics: readonly string[]): Promise<void> {
    const positions = await this.#outgoing.positions(this.#begun ? topics : [...topics, ...this.#doubt.keys()]);
    this.#begun = true;
    await this.#ports.publisher.publish(makeBatch(this.#topic, { id, letters, positions }, this.#ports.now()));
  }

  async #mark(letter: DeadLetter, batch: string, results: readonly Result[]): Promise<void> {
    const events = results.filter((result) => 'topic' in result);
    const failures = results.filter((result) => 'reason' in result);
    if (events.length > 0 || failures.length === 0) {
      const remaining = failures.map(({ item }) => item);
      const mark = { endpoint: letter.endpoint, batch, at: this.#ports.now(), events, remaining };
      await this.#ports.publisher.publish(makeMark(letter, mark));
    }
    if (failures.length === 0) this.#tally.replayed++;
    else this.#fail(letter, failures);
  }

  #fail({ id }: DeadLetter, [first]: readonly LetterFailure[]): void {
    if (first) this.#tally.failing.push({ id, reason: first.reason, detail: first.detail });
  }
}

const expired: Verdict = {
  events: [],
  failures: [{ reason: 'letter_gone', detail: 'the topic does not have it any more', item: '' }],
};

/** All of them have come to an end before a fault is thrown: nothing is under way when the connections are closed. */
async function settleAll<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

async function findPublished(
  letters: readonly string[],
  records: AsyncIterable<StoredRecord>,
): Promise<OutgoingRecord> {
  const wanted = new Set(letters);
  const found = new Map<string, Map<string, Placement>>();
  for await (const { topic, partition, offset, headers } of records) {
    const { ce_deliveryid = '' } = headers;
    if (!wanted.has(ce_deliveryid)) continue;
    const events = found.get(ce_deliveryid) ?? new Map();
    found.set(ce_deliveryid, events.set(nameRecord({ headers }), { topic, partition, offset }));
  }
  return found;
}
