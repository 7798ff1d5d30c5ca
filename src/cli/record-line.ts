import { isUtf8 } from 'node:buffer';
import type { StoredRecord } from '../publish/read.js';
import { withExactNumbers } from '../util/json/parse.js';
import { writeJson } from '../util/json/write.js';
import { printable } from '../util/printable.js';
import { shorten } from './table.js';

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

/** What of a line can be given up where it is too long, the first of it first. */
const savings = ['date', 'middles', 'size', 'milliseconds', 'key'] as const;

/**
 * A record as one line for people, without control characters: `13:06:58.123  webhooks.stripe.charge/2@17  charge.refunded
 * evt_…  key=pi_…  3.1 KiB`. `width`: where that is longer, parts of it are given up.
 */
export function recordToLine(record: StoredRecord, width = Number.POSITIVE_INFINITY): string {
  let line = joinLine(record, new Set());
  for (let given = 1; given <= savings.length && line.length > width; given++) {
    line = joinLine(record, new Set(savings.slice(0, given)));
  }
  return line;
}

function joinLine(
  { topic, partition, offset, key, headers, value, timestamp }: StoredRecord,
  saved: ReadonlySet<(typeof savings)[number]>,
): string {
  const name = (id: string) => (saved.has('middles') ? shorten(id) : id);
  const time = new Date(timestamp).toISOString();
  const parts = [
    saved.has('milliseconds') ? time.slice(11, 19) : saved.has('date') ? time.slice(11, 23) : time,
    `${topic}/${partition}@${offset}`,
    headers.ce_type ?? '-',
    name(headers.ce_id ?? '-'),
    ...(saved.has('key') ? [] : [`key=${name(key ?? '')}`]),
    ...(saved.has('size') ? [] : [formatBytes(value.length)]),
  ];
  return printable(parts.join('  '));
}

function formatBytes(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`;
}

/** A whole record for people: where it lies, its headers, its payload laid out if it is JSON. */
export function recordInFull(record: StoredRecord): string {
  const { headers, value } = record;
  const width = Math.max(0, ...Object.keys(headers).map(({ length }) => length));
  const lines = [
    recordToLine(record),
    ...Object.entries(headers).map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    ...layOutPayload(value).map((line) => `  ${line}`),
  ];
  return lines.map(printable).join('\n');
}

function layOutPayload(value: Buffer): readonly string[] {
  if (!isUtf8(value)) return [`<${value.length} bytes, not UTF-8: --json has them>`];
  const text = value.toString();
  try {
    // With the digits that its numbers have.
    return writeJson(withExactNumbers(text, JSON.parse(text)), 2).split('\n');
  } catch {
    return text.split(/\r?\n/);
  }
}
