import { isUtf8 } from 'node:buffer';
import { printable } from '../printable.js';
import type { StoredRecord } from '../publish/read.js';

/** A record as JSON: the value as text, or as base64 where it is not UTF-8. */
export function recordToJson(record: StoredRecord): object {
  const { topic, partition, offset, key, headers, value, timestamp } = record;
  return {
    topic,
    partition,
    offset: Number(offset),
    timestamp: new Date(timestamp).toISOString(),
    key,
    headers,
    ...(isUtf8(value) ? { value: value.toString() } : { value_base64: value.toString('base64') }),
  };
}

/** A record as one line for people, without control characters: `13:06:58.123  webhooks.stripe.charge/2@17  charge.refunded  evt_…  key=pi_…  3.1 KiB`. */
export function recordToLine({ topic, partition, offset, key, headers, value, timestamp }: StoredRecord): string {
  const parts = [
    new Date(timestamp).toISOString(),
    `${topic}/${partition}@${offset}`,
    headers.ce_type ?? '-',
    headers.ce_id ?? '-',
    `key=${key ?? ''}`,
    value.length < 1024 ? `${value.length} B` : `${(value.length / 1024).toFixed(1)} KiB`,
  ];
  return printable(parts.join('  '));
}
