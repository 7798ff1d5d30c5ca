import { relative } from 'node:path';
import type { GatewaySettings } from '../config/settings.js';
import { PublishError } from '../core/model.js';
import type { Search } from '../publish/find.js';
import type { StoredRecord } from '../publish/read.js';
import type { SpooledRecord } from '../storage/spool/spooled-record.js';
import { readLedger } from './dead-letters.js';
import { askGateway } from './find-gateway.js';
import { countNoun, describeCuts, enoughLimit } from './search-cuts.js';
import { isNamed } from './tap-filter.js';

/** Something with the id. */
export interface Sighting {
  /** What became of it: the words of `gateway_deliveries_total`, `published`, or `parked`. */
  readonly state: string;
  /** Who has said so. */
  readonly source: Searched['source'];
  readonly endpoint?: string;
  readonly type?: string;
  readonly eventId?: string;
  readonly delivery?: string;
  /** `topic/partition@offset`, as far as it is known. */
  readonly place?: string;
  readonly key?: string;
  /** RFC 3339. */
  readonly at?: string;
  readonly reason?: string;
  /** What its sender was answered. */
  readonly status?: number;
}

/** One of the places that were searched. */
export interface Searched {
  readonly source: 'gateway' | 'index' | 'spool' | 'dead letters' | 'topics';
  /** What was looked at, in a sentence. */
  readonly span: string;
  readonly found: number;
  /** What was not looked at; none: all of the span was. */
  readonly cuts: readonly string[];
}

export interface FindReport {
  readonly id: string;
  readonly verdict: 'YES' | 'NO' | 'UNKNOWN';
  readonly found: readonly Sighting[];
  readonly searched: readonly Searched[];
  /** What one would type next. */
  readonly next: readonly string[];
}

export interface FindOptions {
  readonly config?: string | undefined;
  readonly url?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Records of each partition, the newest. */
  readonly last: number;
  /** Goes on where the id is found already. */
  readonly all: boolean;
  readonly signal: AbortSignal;
}

export interface FoundPart {
  readonly found: readonly Sighting[];
  readonly searched: readonly Searched[];
  /** Of the topics, what was looked at. */
  readonly search?: Search;
}

/** Of each place. */
const mostFound = 20;

/** Looks for an event, delivery, object or key: asks the running gateway first, then reads spool, dead letters and topics. */
export async function find(id: string, settings: GatewaySettings, options: FindOptions): Promise<FindReport> {
  const parts: FoundPart[] = [];
  const steps = [
    () => askGateway(id, options),
    () => lookIntoSpool(id, settings),
    () => readDeadLetters(id, settings, options).catch(orUnread('dead letters')),
    () => readTopics(id, settings, options).catch(orUnread('topics')),
  ];
  for (const step of steps) {
    if (options.signal.aborted) break;
    parts.push(await step());
    if (!options.all && parts.some(({ found }) => found.length > 0)) break;
  }
  const found = withoutRepeats(parts.flatMap((part) => part.found));
  const searched = parts.flatMap((part) => part.searched);
  const isCut = options.signal.aborted || searched.some(({ cuts }) => cuts.length > 0);
  const verdict = found.length > 0 ? 'YES' : isCut ? 'UNKNOWN' : 'NO';
  const spans = parts.flatMap(({ search }) => search?.spans ?? []);
  return { id, verdict, found, searched, next: nextOf({ id, verdict, found, searched }, enoughLimit(spans)) };
}

const notRead = 'not read';

/** Kafka is unavailable: what it has is not searched, and that is no NO. */
function orUnread(source: Searched['source']) {
  return (error: unknown): FoundPart => {
    if (!(error instanceof PublishError)) throw error;
    return { found: [], searched: [{ source, span: notRead, found: 0, cuts: [error.message] }] };
  };
}

/** Of two that tell of the same record, the first says more. */
function withoutRepeats(found: readonly Sighting[]): readonly Sighting[] {
  const isRepeat = ({ place, eventId }: Sighting, index: number) =>
    place !== undefined && found.findIndex((each) => each.place === place && each.eventId === eventId) < index;
  return found.filter((sighting, index) => !isRepeat(sighting, index));
}

/** What waits for Kafka, or was refused by it, is in no topic. */
async function lookIntoSpool(id: string, { publisher }: GatewaySettings): Promise<FoundPart> {
  if (publisher.kind !== 'kafka') return { found: [], searched: [] };
  const { dir } = publisher.spool;
  const [{ listParked, listWaiting }, { realFiles }] = await Promise.all([
    import('../storage/spool/inspect.js'),
    import('../storage/disk/files.js'),
  ]);
  const found: Sighting[] = [];
  let count = 0;
  const look = ({ record, spooledAt }: SpooledRecord, state: string) => {
    count++;
    const { topic, key, headers } = record;
    if (key !== id && !isOf(headers, id)) return;
    const at = new Date(spooledAt).toISOString();
    if (found.length < mostFound) found.push({ state, source: 'spool', place: topic, key, ...namesOf(headers), at });
  };
  for await (const each of listWaiting(realFiles, dir)) look(each, 'spooled');
  for await (const each of listParked(realFiles, dir)) look(each, 'parked');
  const span = `${countNoun(count, 'record')} waiting or parked in ${relative('', dir) || '.'}`;
  return { found, searched: [{ source: 'spool', span, found: found.length, cuts: [] }] };
}

/** The letter of a delivery, and letters that have the id in their body. */
async function readDeadLetters(
  id: string,
  settings: GatewaySettings,
  { since, signal }: FindOptions,
): Promise<FoundPart> {
  const text = Buffer.from(id);
  const hits = new Set<string>();
  const ledger = await readLedger(settings, {
    since,
    signal,
    onLetter: (letter, record) => {
      if (letter.id === id || record.value.includes(text)) hits.add(letter.id);
    },
  });
  const letters = ledger.letters();
  const found = letters.flatMap((letter): readonly Sighting[] => {
    if (!hits.has(letter.id)) return [];
    const state = ledger.isDone(letter.id) ? 'published' : letter.verified ? 'dead_lettered' : 'unproven';
    const place = `${letter.topic}/${letter.partition}@${letter.offset}`;
    const { endpoint, reason, id: delivery, receivedAt } = letter;
    return [
      { state, source: 'dead letters', endpoint, delivery, place, reason, at: new Date(receivedAt).toISOString() },
    ];
  });
  const span = `${countNoun(letters.length, 'letter')} in ${settings.deadLetter.topic} since ${new Date(since).toISOString()}, their bodies too`;
  const cuts = signal.aborted ? ['stopped in time'] : [];
  return { found, searched: [{ source: 'dead letters', span, found: found.length, cuts }] };
}

async function readTopics(
  id: string,
  settings: GatewaySettings,
  { since, last, signal }: FindOptions,
): Promise<FoundPart> {
  const { searchTopics } = await import('../publish/find.js');
  const topics = settings.topics.filter((topic) => topic !== settings.deadLetter.topic);
  const fits = (record: StoredRecord) => record.key === id || isNamed(record, id);
  const search = await searchTopics(settings.publisher, topics, fits, {
    from: { since, last },
    signal,
    most: mostFound,
  });
  const found = search.records.map(
    ({ topic, partition, offset, headers, key, timestamp }): Sighting => ({
      state: 'published',
      source: 'topics',
      place: `${topic}/${partition}@${offset}`,
      ...namesOf(headers),
      ...(key !== null && { key }),
      at: new Date(timestamp).toISOString(),
    }),
  );
  const span = `${countNoun(search.searched, 'record')} of ${countNoun(topics.length, 'topic')} since ${new Date(since).toISOString()}`;
  return { found, searched: [{ source: 'topics', span, found: found.length, cuts: describeCuts(search) }], search };
}

type Headers = StoredRecord['headers'];

function isOf({ ce_id, ce_deliveryid, ce_subject }: Headers, id: string): boolean {
  return ce_id === id || ce_deliveryid === id || ce_subject === id;
}

function namesOf({ ce_endpoint, ce_type, ce_id, ce_deliveryid }: Headers): Partial<Sighting> {
  return {
    ...(ce_endpoint !== undefined && { endpoint: ce_endpoint }),
    ...(ce_type !== undefined && { type: ce_type }),
    ...(ce_id !== undefined && { eventId: ce_id }),
    ...(ce_deliveryid !== undefined && { delivery: ce_deliveryid }),
  };
}

function nextOf(
  { id, verdict, found: [first], searched }: Omit<FindReport, 'next'>,
  limit: number | undefined,
): readonly string[] {
  if (verdict === 'NO') return ['gateway status', 'gateway doctor'];
  if (verdict === 'UNKNOWN') return [searchOn(id, searched, limit)];
  if (first === undefined) return [];
  const { state, delivery, eventId, place } = first;
  if (state === 'parked') return ['gateway spool list', 'gateway spool retry'];
  if (state === 'spooled') return ['gateway spool status', 'gateway doctor'];
  if (['dead_lettered', 'unproven'].includes(state) && delivery !== undefined) {
    return [`gateway dlq show ${delivery}`, `gateway explain ${delivery}`, `gateway dlq replay ${delivery} --dry-run`];
  }
  if (['refused', 'unavailable', 'error'].includes(state)) return ['gateway status', 'gateway routes'];
  const [topic] = place?.split('/') ?? [];
  return [
    `gateway explain ${eventId ?? delivery ?? id}`,
    `gateway tap ${topic ?? ''} --id ${eventId ?? delivery ?? id} --since 72h --no-follow --full`.replace(/ +/g, ' '),
  ];
}

/** What would decide it. */
function searchOn(id: string, searched: readonly Searched[], limit: number | undefined): string {
  if (searched.some(({ span }) => span === notRead)) return 'gateway doctor';
  if (searched.some(({ cuts }) => cuts.some((cut) => cut.startsWith('stopped'))))
    return `gateway find ${id} --timeout 600`;
  return limit === undefined ? 'gateway status' : `gateway find ${id} --limit ${limit}`;
}
