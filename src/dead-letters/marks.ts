import type { KafkaRecord } from '../core/model.js';
import type { Positions, StoredRecord } from '../publish/read.js';
import { fieldsOf, listOf, parseJson } from '../util/values.js';
import type { DeadLetter } from './letter.js';

const replayed = 'webhook.dead_letter.replayed';
const replaying = 'webhook.dead_letter.replaying';

/** An event of a dead letter that is in its topic now. */
export interface ReplayedEvent {
  readonly id: string;
  /** Absent in marks that a former gateway wrote, as the digest. */
  readonly type?: string;
  /** SHA-256 of the event's bytes, base64. */
  readonly digest?: string;
  readonly topic: string;
  /** Partition and offset are not known of an event that went through the spool. */
  readonly partition?: number;
  readonly offset?: bigint;
  /** True where it was there before. */
  readonly duplicate: boolean;
}

/** Says of a dead letter what a replay made of it. */
export interface Mark {
  readonly letter: string;
  readonly endpoint: string;
  /** Id of the batch in which it was replayed. */
  readonly batch: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly events: readonly ReplayedEvent[];
  /** JSON pointers of the items that were rejected again: the letter is done when there is none. */
  readonly remaining: readonly string[];
}

/** Says what a replay is about to publish: after a crash, these letters may be in their topics, from these offsets on. */
export interface ReplayBatch {
  readonly id: string;
  readonly letters: readonly string[];
  readonly positions: Positions;
}

export function makeMark(letter: DeadLetter, { batch, at, events, remaining }: Omit<Mark, 'letter'>): KafkaRecord {
  const placed = events.map(({ offset, ...event }) => ({
    ...event,
    ...(offset !== undefined && { offset: Number(offset) }),
  }));
  return {
    topic: letter.topic,
    key: letter.id,
    headers: {
      ...common(replayed, `${letter.id}/${batch}`, letter.path, at),
      ce_endpoint: letter.endpoint,
      ce_deliveryid: letter.id,
      ce_batchid: batch,
    },
    value: Buffer.from(JSON.stringify({ events: placed, remaining })),
  };
}

/** One key for all, so that they are in order. */
export function makeBatch(topic: string, { id, letters, positions }: ReplayBatch, at: number): KafkaRecord {
  const offsets = [...positions].map(([name, partitions]) => [
    name,
    Object.fromEntries([...partitions].map(([partition, offset]) => [partition, Number(offset)])),
  ]);
  return {
    topic,
    key: 'replay',
    headers: common(replaying, id, '/', at),
    value: Buffer.from(JSON.stringify({ letters, positions: Object.fromEntries(offsets) })),
  };
}

function common(type: string, id: string, source: string, at: number): KafkaRecord['headers'] {
  const ce_time = new Date(at).toISOString();
  return { ce_specversion: '1.0', ce_id: id, ce_type: type, ce_source: source, ce_time, 'content-type': json };
}

const json = 'application/json';

export function readMark({ headers, value }: StoredRecord): Mark | undefined {
  const { ce_type, ce_deliveryid: letter, ce_endpoint: endpoint = '', ce_batchid: batch = '', ce_time = '' } = headers;
  if (ce_type !== replayed || letter === undefined) return undefined;
  const { events, remaining } = fieldsOf(parseJson(value.toString()));
  return {
    letter,
    endpoint,
    batch,
    at: Date.parse(ce_time),
    events: listOf(events).map((each) => {
      const { id, type, digest, topic, partition, offset, duplicate } = fieldsOf(each);
      const named = typeof type === 'string' && typeof digest === 'string' ? { type, digest } : {};
      const at = offset === undefined ? {} : { partition: toNumber(partition), offset: BigInt(toNumber(offset)) };
      return { id: String(id), ...named, topic: String(topic), ...at, duplicate: duplicate === true };
    }),
    remaining: listOf(remaining).map(String),
  };
}

export function readBatch({ headers, value }: StoredRecord): ReplayBatch | undefined {
  if (headers.ce_type !== replaying) return undefined;
  const { letters, positions } = fieldsOf(parseJson(value.toString()));
  const offsets = Object.entries(fieldsOf(positions)).map(([topic, partitions]) => {
    const entries = Object.entries(fieldsOf(partitions));
    return [
      topic,
      new Map(entries.map(([partition, offset]) => [Number(partition), BigInt(toNumber(offset))])),
    ] as const;
  });
  return { id: headers.ce_id ?? '', letters: listOf(letters).map(String), positions: new Map(offsets) };
}

function toNumber(value: unknown): number {
  return Number.isSafeInteger(value) ? Number(value) : 0;
}
