import type { GatewaySettings } from '../../config/settings.js';
import { searchTopics } from '../../publish/find.js';
import { readTopics, type StoredRecord } from '../../publish/read.js';
import type { DeliveryRow } from '../contract.js';
import type { Letters } from './letters.js';

/** Of a search for what was in the spool when its row was written: records of each partition, and milliseconds. */
const mostSearched = 10_000;
const patience = 10_000;
const leeway = 60_000;

/** The record or dead letter of a delivery; undefined: there is none, or it cannot be read any more. */
export async function findRecord(
  settings: GatewaySettings,
  letters: Letters,
  id: string,
  row: DeliveryRow | undefined,
): Promise<StoredRecord | undefined> {
  if (row === undefined) return (await letters.find(id))?.record;
  const placed = [row.letter, ...row.events].find((each) => each?.offset !== undefined);
  if (placed?.topic !== undefined && placed.offset !== undefined)
    return readAt(settings, placed.topic, placed.partition ?? 0, BigInt(placed.offset));
  const topics = [row.letter, ...row.events].flatMap((each) => each?.topic ?? []);
  if (topics.length === 0) return undefined;
  const { records } = await searchTopics(settings.publisher, [...new Set(topics)], (record) => isOf(record, id), {
    from: { since: Date.parse(row.at) - leeway, last: mostSearched },
    signal: AbortSignal.timeout(patience),
  });
  return records.at(-1);
}

async function readAt(
  { publisher }: GatewaySettings,
  topic: string,
  partition: number,
  offset: bigint,
): Promise<StoredRecord | undefined> {
  const at = (position: bigint) => new Map([[topic, new Map([[partition, position]])]]);
  const options = { from: at(offset), until: at(offset + 1n), skipMissing: true };
  for await (const record of readTopics(publisher, [topic], options)) {
    if (record.partition === partition && record.offset === offset) return record;
  }
  return undefined;
}

function isOf({ headers: { ce_type, ce_id, ce_deliveryid } }: StoredRecord, id: string): boolean {
  return ce_deliveryid === id || (ce_type === 'webhook.dead_letter' && ce_id === id);
}

export function nameOf({ topic, partition, offset }: StoredRecord): string {
  return `${topic}/${partition}@${offset}`;
}
