import { loadLetters } from '../../cli/dead-letters.js';
import type { GatewaySettings } from '../../config/settings.js';
import { findEventType } from '../../dead-letters/event-type.js';
import { Ledger } from '../../dead-letters/ledger.js';
import type { DeadLetter } from '../../dead-letters/letter.js';
import { groupKey, groupLetters } from '../../dead-letters/summary.js';
import { type Positions, readTopics, type StoredRecord } from '../../publish/read.js';
import type { LetterChoice, LetterGroups, LetterList, LetterRow, LetterState } from '../contract.js';
import { Refused } from '../respond.js';

/** Records of each partition that are read at first, and how many more before all is read again. */
const mostRecords = 50_000;
/** Milliseconds for which what was read counts as what is there. */
const freshness = 500;

/** The dead letter topic as the helper knows it: read once, and from then on what is new. */
export class Letters {
  readonly #settings: GatewaySettings;
  #ledger = new Ledger();
  #next = new Map<number, bigint>();
  #read = 0;
  #cut = false;
  #writes = 0;
  #at = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(settings: GatewaySettings) {
    this.#settings = settings;
  }

  async groups(): Promise<LetterGroups> {
    const ledger = await this.refresh();
    const all = ledger.letters();
    const states = new Map<string, Map<LetterState, number>>();
    for (const letter of all) {
      const key = groupKey(letter);
      const counts = states.get(key) ?? new Map<LetterState, number>();
      const state = stateOf(ledger, letter);
      states.set(key, counts.set(state, (counts.get(state) ?? 0) + 1));
    }
    const groups = groupLetters(all).map(({ key, endpoint, reason, pointer = '', unverified, first, last, sample }) => {
      const count = (state: LetterState) => states.get(key)?.get(state) ?? 0;
      return {
        group: key,
        endpoint,
        reason,
        pointer,
        open: count('open') + count('partly'),
        replayed: count('replayed'),
        dismissed: count('dismissed'),
        unproven: unverified,
        sample,
        first: toTime(first),
        last: toTime(last),
      };
    });
    groups.sort((a, b) => (a.last < b.last ? 1 : a.last > b.last ? -1 : 0));
    return { topic: this.#settings.deadLetter.topic, groups, cut: this.#cut };
  }

  async list({
    group,
    state,
    limit,
    offset,
  }: {
    readonly group?: string | undefined;
    readonly state?: LetterState | undefined;
    readonly limit: number;
    readonly offset: number;
  }): Promise<LetterList> {
    const ledger = await this.refresh();
    const fitting = ledger
      .letters()
      .filter((letter) => (group === undefined || groupKey(letter) === group) && fits(stateOf(ledger, letter), state))
      .reverse();
    const shown = fitting.slice(offset, offset + limit);
    const records = await loadLetters(this.#settings, shown);
    return {
      letters: shown.map((letter) => this.#toRow(ledger, letter, records.get(letter.id))),
      total: fitting.length,
    };
  }

  /** The letter of this delivery with its body; undefined: there is none, or the topic does not have it any more. */
  async find(
    id: string,
  ): Promise<{ readonly row: LetterRow; readonly letter: DeadLetter; readonly record: StoredRecord } | undefined> {
    const ledger = await this.refresh();
    const letter = ledger.find(id);
    const record = letter && (await loadLetters(this.#settings, [letter])).get(id);
    return letter && record && { row: this.#toRow(ledger, letter, record), letter, record };
  }

  /** Something was written: what was read is old. */
  forget(): void {
    this.#writes++;
    this.#at = Number.NEGATIVE_INFINITY;
  }

  async refresh(): Promise<Ledger> {
    if (performance.now() - this.#at < freshness) return this.#ledger;
    this.#reading ??= this.#readOn().finally(() => (this.#reading = undefined));
    await this.#reading;
    return this.#ledger;
  }

  async #readOn(): Promise<void> {
    const { publisher, deadLetter } = this.#settings;
    const writes = this.#writes;
    const isFirst = this.#next.size === 0 || this.#read > 2 * mostRecords;
    if (isFirst) {
      this.#ledger = new Ledger();
      this.#next = new Map();
      this.#read = 0;
      this.#cut = false;
    }
    const from: { last: number } | Positions = isFirst
      ? { last: mostRecords }
      : new Map([[deadLetter.topic, this.#next]]);
    const read = readTopics(publisher, [deadLetter.topic], { from, until: 'end', skipMissing: true });
    const counts = new Map<number, number>();
    for await (const record of read) {
      this.#ledger.add(record);
      this.#next.set(record.partition, record.offset + 1n);
      this.#read++;
      counts.set(record.partition, (counts.get(record.partition) ?? 0) + 1);
    }
    if (isFirst) this.#cut = [...counts.values()].some((count) => count >= mostRecords);
    // What was written meanwhile may be missing.
    if (writes === this.#writes) this.#at = performance.now();
  }

  #toRow(ledger: Ledger, letter: DeadLetter, record: StoredRecord | undefined): LetterRow {
    const { id, endpoint, reason, errors, bytes, verified, topic, partition, offset, receivedAt } = letter;
    const type = record && findEventType(letter, record.value, this.#settings.endpoints);
    const detail = errors[0]?.detail;
    const [{ pointer = '' } = {}] = groupLetters([letter]);
    return {
      id,
      at: toTime(receivedAt),
      endpoint,
      reason,
      pointer,
      bytes,
      verified,
      ...(detail !== undefined && { detail }),
      ...(type !== undefined && { type }),
      place: `${topic}/${partition}@${offset}`,
      state: stateOf(ledger, letter),
    };
  }
}

/** The letters that are chosen and that a replay would take, the oldest first. Throws a Refused for an id that is not there. */
export function chooseLetters(ledger: Ledger, choice: LetterChoice): readonly DeadLetter[] {
  if ('group' in choice)
    return ledger.letters().filter((letter) => ledger.isOpen(letter.id) && groupKey(letter) === choice.group);
  const wanted = new Set(choice.ids);
  for (const id of wanted) {
    if (ledger.find(id) === undefined) throw new Refused(404, 'not_found', `there is no dead letter ${id}`);
  }
  return ledger.letters().filter(({ id }) => wanted.has(id) && !ledger.isDone(id));
}

function stateOf(ledger: Ledger, { id }: DeadLetter): LetterState {
  if (ledger.isDone(id)) return 'replayed';
  if (ledger.dismissal(id) !== undefined) return 'dismissed';
  return ledger.mark(id) === undefined ? 'open' : 'partly';
}

/** What is left of a letter that was replayed in part is open, too. */
function fits(state: LetterState, wanted: LetterState | undefined): boolean {
  return wanted === undefined || state === wanted || (wanted === 'open' && state === 'partly');
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
