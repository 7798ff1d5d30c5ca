import type { EmbeddedSettings, KafkaSettings } from '../config/settings.js';
import type { Log } from '../util/log.js';

/** A record as it lies in its topic. */
export interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | null;
  readonly headers: { readonly [name: string]: string };
  readonly value: Buffer;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/** What is read of a partition: the offsets [start, end). */
export interface Span {
  readonly topic: string;
  readonly partition: number;
  /** The oldest that the partition still has. */
  readonly first: bigint;
  readonly start: bigint;
  /** Where the partition ended when the reading began, or what it is read up to. */
  readonly end: bigint;
  /** True where `last` left out records that `since` would have let in. */
  readonly cut: boolean;
  /** True where records that `since` would have let in are no longer in the partition. */
  readonly gone: boolean;
}

/** Topic → partition → offset. */
export type Positions = ReadonlyMap<string, ReadonlyMap<number, bigint>>;

export interface ReadOptions {
  /**
   * `end`: only what is written from now on; a `Recent`: what is new enough, in every sense that it gives; positions: from
   * these offsets on, and partitions that have none from their beginning.
   */
  readonly from: 'beginning' | 'end' | Recent | Positions;
  /** `end`: what is there now, then stop; positions: up to these offsets, exclusive; `abort`: follow until the signal. */
  readonly until: 'end' | 'abort' | Positions;
  /** Topics that aren't there are left out, instead of being an error. */
  readonly skipMissing?: boolean;
  readonly signal?: AbortSignal;
  readonly log?: Log;
  /** Told of every partition that is there, before the first of its records. */
  readonly onSpan?: (span: Span) => void;
}

/** The end of a topic. */
export interface Recent {
  /** So many records of each partition, the newest. */
  readonly last?: number;
  /** Written then or later, in milliseconds since the epoch. */
  readonly since?: number;
}

/**
 * Reads topics of Kafka or of the embedded log, in order within each partition. An abort ends the iteration without an
 * error; a topic that isn't there is a `PublishError` `UNKNOWN_TOPIC_OR_PARTITION` in Kafka, and empty in the embedded log.
 */
export async function* readTopics(
  settings: KafkaSettings | EmbeddedSettings,
  topics: readonly string[],
  options: ReadOptions,
): AsyncGenerator<StoredRecord, void, undefined> {
  if (settings.kind === 'kafka') {
    const { readKafka } = await import('../kafka/kafkajs/read.js');
    yield* readKafka(settings, topics, options);
  } else {
    const { readEmbedded } = await import('../storage/embedded/read.js');
    yield* readEmbedded(settings, topics, options);
  }
}

/** Where the topics end now. One that isn't there is left out. */
export async function readEnds(
  settings: KafkaSettings | EmbeddedSettings,
  topics: readonly string[],
): Promise<Positions> {
  if (settings.kind === 'kafka') return (await import('../kafka/kafkajs/read.js')).readKafkaEnds(settings, topics);
  return (await import('../storage/embedded/read.js')).readEmbeddedEnds(settings, topics);
}
