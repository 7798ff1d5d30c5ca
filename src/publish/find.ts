import type { EmbeddedSettings, KafkaSettings } from '../config/settings.js';
import { type Recent, readTopics, type Span, type StoredRecord } from './read.js';

/** What was looked at of a partition. */
export interface SearchedSpan extends Span {
  /** How many records. */
  readonly searched: number;
  /** The offset behind the last of them; `start` where there was none. */
  readonly reached: bigint;
}

/** What a search found. */
export interface Search {
  /** The newest of what fits, newest first. */
  readonly records: readonly StoredRecord[];
  /** How many records were looked at, in all. */
  readonly searched: number;
  readonly spans: readonly SearchedSpan[];
  /** True where it was ended before its end. */
  readonly interrupted: boolean;
}

export interface SearchOptions {
  readonly from: Recent;
  readonly signal?: AbortSignal | undefined;
  /** Records that are kept of what fits. */
  readonly most?: number;
}

/**
 * Looks at the records of topics that are new enough. Topics that aren't there are left out. Rejects with a `PublishError`.
 */
export async function searchTopics(
  settings: KafkaSettings | EmbeddedSettings,
  topics: readonly string[],
  fits: (record: StoredRecord) => boolean,
  { from, signal, most = 20 }: SearchOptions,
): Promise<Search> {
  const spans = new Map<string, { span: Span; searched: number; reached: bigint }>();
  const onSpan = (span: Span) =>
    spans.set(`${span.topic}/${span.partition}`, { span, searched: 0, reached: span.start });
  const options = { from, until: 'end', skipMissing: true, onSpan, ...(signal && { signal }) } as const;
  let records: readonly StoredRecord[] = [];
  let searched = 0;
  for await (const record of readTopics(settings, topics, options)) {
    searched++;
    const known = spans.get(`${record.topic}/${record.partition}`);
    if (known !== undefined) {
      known.searched++;
      known.reached = record.offset + 1n;
    }
    if (fits(record)) records = [record, ...records].sort((a, b) => b.timestamp - a.timestamp).slice(0, most);
  }
  return {
    records,
    searched,
    interrupted: signal?.aborted === true,
    spans: [...spans.values()].map(({ span, ...seen }) => ({ ...span, ...seen })),
  };
}

/** The newest record with this event id, or of the delivery with this id. */
export async function findEvent(
  settings: KafkaSettings | EmbeddedSettings,
  topics: readonly string[],
  id: string,
  from: Recent,
  signal?: AbortSignal,
): Promise<Search & { readonly record?: StoredRecord }> {
  const fits = ({ headers: { ce_id, ce_deliveryid } }: StoredRecord) => ce_id === id || ce_deliveryid === id;
  const search = await searchTopics(settings, topics, fits, { from, signal, most: 1 });
  const [record] = search.records;
  return { ...search, ...(record !== undefined && { record }) };
}
