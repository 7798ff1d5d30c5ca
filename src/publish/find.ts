import type { EmbeddedSettings, KafkaSettings } from '../config/settings.js';
import { type Recent, readTopics, type StoredRecord } from './read.js';

/** What a search found. */
export interface Found {
  /** The newest record of the event; absent: none. */
  readonly record?: StoredRecord;
  /** How many records were looked at. */
  readonly searched: number;
}

/**
 * The newest record with this event id, or of the delivery with this id, among those of the topics that are new enough.
 * Topics that aren't there are left out. Rejects with a `PublishError`.
 */
export async function findEvent(
  settings: KafkaSettings | EmbeddedSettings,
  topics: readonly string[],
  id: string,
  from: Recent,
  signal?: AbortSignal,
): Promise<Found> {
  let searched = 0;
  let record: StoredRecord | undefined;
  const options = { from, until: 'end', skipMissing: true, ...(signal === undefined ? {} : { signal }) } as const;
  for await (const each of readTopics(settings, topics, options)) {
    searched++;
    const { ce_id: event, ce_deliveryid: delivery } = each.headers;
    if ((event === id || delivery === id) && each.timestamp >= (record?.timestamp ?? 0)) record = each;
  }
  return { searched, ...(record === undefined ? {} : { record }) };
}
