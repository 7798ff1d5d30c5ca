import type { KafkaRecord } from '../../core/model.js';
import type { ProducerIdentity } from '../connection/messages.js';
import { crc32c } from './crc32c.js';

/** Who writes, and how many of its records the partition has so far. */
export interface Sequence extends ProducerIdentity {
  /** -1: not idempotent. */
  readonly number: number;
}

export const headerBytes = 61;
/** Where the length starts to count, and the checksum, first over the attributes. */
const lengthFrom = 12;
export const checkedFrom = 21;
const noHeader = Buffer.alloc(0);
/** Longer texts are left to Node.js. */
const shortText = 48;

/**
 * A record batch of message format v2, not compressed. `capacity`: bytes that the records take at most; `timestamp` in
 * milliseconds since the epoch; `header`: one more of each record, encoded. Source: https://kafka.apache.org/documentation/#recordbatch.
 */
export function encodeBatch(
  records: readonly KafkaRecord[],
  capacity: number,
  { producerId, epoch, number }: Sequence,
  timestamp: number,
  header: Buffer = noHeader,
): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + capacity + records.length * header.length);
  let at = headerBytes;
  for (let index = 0; index < records.length; index++) {
    const record = records[index];
    if (record) at = writeRecord(bytes, at, record, index, header);
  }
  bytes.writeBigInt64BE(0n, 0);
  bytes.writeInt32BE(-1, 12);
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(0, 21);
  bytes.writeInt32BE(records.length - 1, 23);
  const time = BigInt(timestamp);
  bytes.writeBigInt64BE(time, 27);
  bytes.writeBigInt64BE(time, 35);
  bytes.writeBigInt64BE(producerId, 43);
  bytes.writeInt16BE(epoch, 51);
  bytes.writeInt32BE(number, 53);
  bytes.writeInt32BE(records.length, 57);
  const batch = bytes.subarray(0, at);
  sealBatch(batch);
  return batch;
}

/** Writes the length of a batch and its checksum. */
export function sealBatch(batch: Buffer): void {
  batch.writeInt32BE(batch.length - lengthFrom, 8);
  batch.writeUInt32BE(crc32c(batch.subarray(checkedFrom)), 17);
}

/** CRC-32C of an encoded batch, which is over all but its offset and the epoch of the leader. */
export function checksumOf(batch: Buffer): number {
  return batch.readUInt32BE(17);
}

/** Returns where the record ends. Its length comes first, and is known last: it is guessed how many bytes it takes. */
function writeRecord(
  bytes: Buffer,
  start: number,
  { key, headers, value }: KafkaRecord,
  index: number,
  header: Buffer,
): number {
  const guess = start + sizeOfVarint(value.length + 256);
  let at = guess;
  bytes[at++] = 0;
  bytes[at++] = 0;
  at = writeVarint(bytes, at, index);
  at = writeText(bytes, at, key);
  at = writeVarint(bytes, at, value.length);
  bytes.set(value, at);
  at += value.length;
  let count = header.length > 0 ? 1 : 0;
  for (const _ in headers) count++;
  at = writeVarint(bytes, at, count);
  for (const name in headers) {
    at = writeText(bytes, at, name);
    at = writeText(bytes, at, headers[name] ?? '');
  }
  if (header.length > 0) at += header.copy(bytes, at);
  const length = at - guess;
  const body = start + sizeOfVarint(length);
  if (body !== guess) bytes.copyWithin(body, guess, at);
  writeVarint(bytes, start, length);
  return body + length;
}

/** The length in bytes, then UTF-8. */
function writeText(bytes: Buffer, start: number, text: string): number {
  const { length } = text;
  if (length < shortText) {
    let at = start + 1;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return writeLongText(bytes, start, text);
      bytes[at++] = code;
    }
    bytes[start] = length << 1;
    return at;
  }
  return writeLongText(bytes, start, text);
}

function writeLongText(bytes: Buffer, start: number, text: string): number {
  const at = writeVarint(bytes, start, Buffer.byteLength(text));
  return at + bytes.write(text, at);
}

/** A number that is not negative, in the zigzag encoding: 7 bits a byte, the lowest first. */
function writeVarint(bytes: Buffer, start: number, value: number): number {
  let rest = value * 2;
  let at = start;
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

function sizeOfVarint(value: number): number {
  let size = 1;
  for (let rest = value * 2; rest > 0x7f; rest >>>= 7) size++;
  return size;
}
