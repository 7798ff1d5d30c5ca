import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import type { KafkaSettings } from '../../config/settings.js';
import { zstd } from '../zstd.js';
import { checkedFrom, headerBytes, sealBatch } from './record-batch.js';

type Name = NonNullable<KafkaSettings['compression']>;

interface Codec {
  /** In the attributes of a batch: https://kafka.apache.org/documentation/#recordbatch. */
  readonly number: number;
  now(bytes: Buffer): Buffer;
  beside(bytes: Buffer): Promise<Buffer>;
}

/**
 * Bytes. Less than that is compressed at once, which takes half a millisecond at most: to hand it to a thread of Node.js costs
 * more CPU than to compress a few records. With more, webhooks would wait for it.
 */
const little = 32 * 1024;

/** Level 1 takes half of the CPU of the default, 6, for three quarters of its effect: see docs/performance.md. */
const level = 1;
const gzipLater = promisify(gzip);

const codecs: { readonly [name in Name]: Codec | undefined } = {
  gzip: { number: 1, now: (bytes) => gzipSync(bytes, { level }), beside: (bytes) => gzipLater(bytes, { level }) },
  zstd: zstd && { number: 4, now: zstd.zstdCompressSync, beside: promisify(zstd.zstdCompress) },
};

/** The batch with its records compressed; as it is where that would not make it smaller. */
export function compressBatch(batch: Buffer, name: Name): Buffer | Promise<Buffer> {
  const codec = codecs[name];
  // It is an error of the configuration.
  if (codec === undefined) throw new Error(`this Node.js (${process.version}) has no ${name}`);
  const records = batch.subarray(headerBytes);
  if (records.length < little) return replaceRecords(batch, codec.now(records), codec.number);
  return codec.beside(records).then((packed) => replaceRecords(batch, packed, codec.number));
}

function replaceRecords(batch: Buffer, packed: Buffer, codec: number): Buffer {
  if (packed.length >= batch.length - headerBytes) return batch;
  const whole = Buffer.concat([batch.subarray(0, headerBytes), packed]);
  whole.writeInt16BE(codec, checkedFrom);
  sealBatch(whole);
  return whole;
}
