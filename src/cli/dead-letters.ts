import type { GatewaySettings } from '../config/settings.js';
import { rejections } from '../core/rejection.js';
import { Ledger } from '../dead-letters/ledger.js';
import type { DeadLetter } from '../dead-letters/letter.js';
import { Failure } from '../exit.js';
import type { StoredRecord } from '../publish/read.js';
import { largest, smallest } from '../util/bigints.js';
import { didYouMean } from './did-you-mean.js';
import { Flags } from './oclif.js';
import { sinceOf } from './time.js';
import { configFlag } from './which-config.js';

/** The flags that choose among dead letters. */
export const selectionFlags = {
  config: configFlag,
  reason: Flags.string({ helpValue: 'CODE', description: 'Only those of this reason, such as schema_violation.' }),
  since: Flags.string({
    helpValue: 'TIME',
    description: 'Only those received since then: an age (30m, 1h, 2d) or a time (2026-01-01T12:00:00Z).',
  }),
  before: Flags.string({ helpValue: 'TIME', description: 'Only those received before then: an age or a time.' }),
  endpoint: Flags.string({ helpValue: 'NAME', description: 'Only those of this endpoint.' }),
};

export interface Selection {
  readonly reason?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since?: number | undefined;
  readonly before?: number | undefined;
  readonly endpoint?: string | undefined;
}

/** Throws a usage Failure for what can't be a choice. */
export async function readSelection(flags: {
  readonly reason?: string | undefined;
  readonly since?: string | undefined;
  readonly before?: string | undefined;
  readonly endpoint?: string | undefined;
}): Promise<Selection> {
  const { reason, since, before, endpoint } = flags;
  if (reason !== undefined && !Object.hasOwn(rejections, reason)) {
    const hint = (await didYouMean(reason, Object.keys(rejections))) ?? 'docs/http.md has the list';
    throw new Failure('usage', `--reason ${reason}: there is no such reason: ${hint}`);
  }
  const timed = (flag: string, text: string | undefined) => (text === undefined ? undefined : sinceOf(flag, text));
  return { reason, endpoint, since: timed('--since', since), before: timed('--before', before) };
}

export function isSelected({ reason, receivedAt, endpoint }: DeadLetter, selection: Selection): boolean {
  return (
    (selection.reason === undefined || reason === selection.reason) &&
    (selection.endpoint === undefined || endpoint === selection.endpoint) &&
    receivedAt >= (selection.since ?? 0) &&
    receivedAt < (selection.before ?? Number.POSITIVE_INFINITY)
  );
}

/** Characters of an id that are enough to name its letter, if no other begins so. */
const leastPrefix = 6;

/**
 * The letter of an id, of its beginning, of what a table shows of it (`6f9619ff…64ff`), or of its place (`webhooks.dlq/0@3`);
 * undefined: there is none. Throws a usage Failure if several are meant.
 */
export function findLetter(ledger: Ledger, text: string): DeadLetter | undefined {
  const exact = ledger.find(text);
  if (exact !== undefined) return exact;
  if (/^.+\/\d+@\d+$/.test(text)) {
    return ledger.letters().find(({ topic, partition, offset }) => `${topic}/${partition}@${offset}` === text);
  }
  const [head = '', tail = ''] = text.split('…', 2);
  if (head.length < leastPrefix) return undefined;
  const found = ledger.letters().filter(({ id }) => id.startsWith(head) && id.endsWith(tail));
  if (found.length > 1) throw new Failure('usage', `${text} names ${found.length} dead letters: give more of the id`);
  return found[0];
}

/** The same; throws a negative Failure if there is none. */
export function letterNamed(ledger: Ledger, text: string): DeadLetter {
  const found = findLetter(ledger, text);
  if (found !== undefined) return found;
  throw new Failure('negative', `There is no dead letter ${text}: see gateway dlq list --all`);
}

export interface ReadTopicOptions {
  /** Nothing that was received before is of interest. */
  readonly since?: number | undefined;
  readonly signal?: AbortSignal;
  /** Sees every letter with its body. */
  readonly onLetter?: (letter: DeadLetter, record: StoredRecord) => void;
}

/** Reads the dead letter topic as it is now. */
export async function readLedger(settings: GatewaySettings, options: ReadTopicOptions = {}): Promise<Ledger> {
  const { since, signal, onLetter } = options;
  const { readTopics } = await import('../publish/read.js');
  const ledger = new Ledger();
  const records = readTopics(settings.publisher, [settings.deadLetter.topic], {
    from: since === undefined ? 'beginning' : { since },
    until: 'end',
    ...(signal && { signal }),
  });
  for await (const record of records) {
    const letter = ledger.add(record);
    if (letter !== undefined) onLetter?.(letter, record);
  }
  return ledger;
}

/** The records of these letters, by id. Those that the topic hasn't got any more are left out. */
export async function loadLetters(
  { publisher }: GatewaySettings,
  letters: readonly DeadLetter[],
): Promise<ReadonlyMap<string, StoredRecord>> {
  const { readTopics } = await import('../publish/read.js');
  const from = new Map<string, Map<number, bigint>>();
  const until = new Map<string, Map<number, bigint>>();
  for (const { topic, partition, offset } of letters) {
    const starts = from.get(topic) ?? new Map<number, bigint>();
    const ends = until.get(topic) ?? new Map<number, bigint>();
    from.set(topic, starts.set(partition, smallest(starts.get(partition) ?? offset, offset)));
    until.set(topic, ends.set(partition, largest(ends.get(partition) ?? 0n, offset + 1n)));
  }
  const wanted = new Set(letters.map(({ id }) => id));
  const records = new Map<string, StoredRecord>();
  for await (const record of readTopics(publisher, [...from.keys()], { from, until })) {
    const { ce_type, ce_id = '' } = record.headers;
    if (ce_type === 'webhook.dead_letter' && wanted.has(ce_id)) records.set(ce_id, record);
  }
  return records;
}
