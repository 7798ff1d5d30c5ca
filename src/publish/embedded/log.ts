import { mkdirSync } from 'node:fs';
import type { RootDatabase } from 'lmdb';
import type { KafkaRecord } from '../../model.js';
import { require } from '../../require.js';
import type { StoredRecord } from '../read.js';

const { open }: typeof import('lmdb') = require('lmdb');

/** Topic and offset; sorts by topic, then by offset. */
export type LogKey = [topic: string, offset: number];
export type Log = RootDatabase<Buffer, LogKey>;

/**
 * Opens (and makes, if need be) the log of a folder. Several processes may have it open. A transaction is synced to
 * disk before it counts as committed: with `overlappingSync`, lmdb's default, it would be synced some time later. The
 * publisher groups by itself; `eventTurnBatching` would leave a promise of a failed commit that nobody can handle.
 */
export function openLog(dir: string): Log {
  mkdirSync(dir, { recursive: true });
  return open<Buffer, LogKey>({
    path: dir,
    noSubdir: false,
    encoding: 'binary',
    overlappingSync: false,
    eventTurnBatching: false,
  });
}

/** The offset that the topic's next record gets. */
export function findEnd(log: Log, topic: string): number {
  for (const [, offset] of log.getKeys({
    start: [topic, Number.MAX_SAFE_INTEGER],
    end: [topic],
    reverse: true,
    limit: 1,
  })) {
    return offset + 1;
  }
  return 0;
}

/** Length of the facts (unsigned, 32 bits, big-endian), the facts as JSON, the value as it is. */
export function encodeRecord({ key, headers, value }: KafkaRecord, timestamp: number): Buffer {
  const facts = Buffer.from(JSON.stringify({ key, headers, timestamp }));
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(facts.length);
  return Buffer.concat([length, facts, value]);
}

export function decodeRecord([topic, offset]: LogKey, bytes: Buffer): StoredRecord {
  const end = 4 + bytes.readUInt32BE(0);
  const facts: Pick<StoredRecord, 'key' | 'headers' | 'timestamp'> = JSON.parse(bytes.toString('utf8', 4, end));
  return { topic, partition: 0, offset: BigInt(offset), ...facts, value: Buffer.from(bytes.subarray(end)) };
}
