import type { KafkaSettings } from '../../config/settings.js';
import type { KafkaRecord } from '../../core/model.js';
import { compressBatch } from './compression.js';
import { checksumOf, encodeBatch, type Sequence } from './record-batch.js';
import { encodeSchemaHeader } from './schema-id.js';

export interface Encoded {
  readonly bytes: Buffer;
  /** CRC-32C of the batch without compression: it proves that the records are the same, whatever compresses them, and how. */
  readonly checksum: number;
}

interface Sent {
  readonly topic: string;
  readonly records: readonly KafkaRecord[];
}

/**
 * Makes a record batch, at once where nothing is compressed beside. `capacity`: bytes that the records take at most;
 * `timestamp` in milliseconds since the epoch.
 */
export type Encode = (
  batch: Sent,
  capacity: number,
  sequence: Sequence,
  timestamp: number,
) => Encoded | Promise<Encoded>;

/** Encodes as the settings say: with schema ids, and compressed. */
export function createEncode({
  compression,
  schemaIds = {},
}: Pick<KafkaSettings, 'compression' | 'schemaIds'>): Encode {
  const headers = new Map(Object.entries(schemaIds).map(([topic, guid]) => [topic, encodeSchemaHeader(guid)]));
  return ({ topic, records }, capacity, sequence, timestamp) => {
    const batch = encodeBatch(records, capacity, sequence, timestamp, headers.get(topic));
    const checksum = checksumOf(batch);
    const bytes = compression === undefined ? batch : compressBatch(batch, compression);
    return bytes instanceof Promise ? bytes.then((packed) => ({ bytes: packed, checksum })) : { bytes, checksum };
  };
}
