import type { Writer as LibraryWriter, Reader } from '@platformatic/kafka';
import { createAPI, Writer } from './library.js';

/** What goes to one partition. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  /** An encoded record batch. */
  readonly bytes: Buffer;
}

export interface PartitionAnswer {
  /** 0: written. */
  readonly code: number;
  /** Of the first record. */
  readonly offset: bigint;
}

export interface ProduceAnswer {
  /** By topic, then by partition. */
  readonly topics: ReadonlyMap<string, readonly PartitionAnswer[]>;
  /** Milliseconds until the broker reads the next request: a quota is used up. */
  readonly throttle: number;
}

const apiKey = 0;
/** The newest that brokers from 2.1 on have; newer ones add nothing that is of use here. */
const apiVersion = 7;
const allInSync = -1;
/** Milliseconds that the broker may wait for its replicas: it shall answer before the connection is given up. */
const replicaTimeout = 2_500;

/**
 * Produce, for encoded batches, and with an answer for each partition: the library's own encodes record by record, and
 * makes the error of one partition the error of all.
 */
export const produce = createAPI<[batches: readonly PartitionBatch[]], ProduceAnswer>(
  apiKey,
  apiVersion,
  writeRequest,
  (_correlationId, _apiKey, _apiVersion, reader) => readAnswer(reader),
  false,
  false,
);

function writeRequest(batches: readonly PartitionBatch[]): LibraryWriter {
  const byTopic = groupByTopic(batches);
  return Writer.create()
    .appendString(null, false)
    .appendInt16(allInSync)
    .appendInt32(replicaTimeout)
    .appendArray([...byTopic], writeTopic, false, false);
}

function writeTopic(writer: LibraryWriter, [topic, batches]: [string, PartitionBatch[]]): void {
  writer.appendString(topic, false).appendArray(batches, writePartition, false, false);
}

function writePartition(writer: LibraryWriter, { partition, bytes }: PartitionBatch): void {
  writer.appendInt32(partition).appendBytes(bytes, false);
}

function groupByTopic(batches: readonly PartitionBatch[]): Map<string, PartitionBatch[]> {
  const groups = new Map<string, PartitionBatch[]>();
  for (const batch of batches) {
    const group = groups.get(batch.topic);
    if (group) group.push(batch);
    else groups.set(batch.topic, [batch]);
  }
  return groups;
}

function readAnswer(reader: Reader): ProduceAnswer {
  const topics = new Map<string, PartitionAnswer[]>();
  reader.readArray(
    () => {
      const topic = reader.readString(false);
      const partitions = topics.get(topic) ?? [];
      topics.set(topic, partitions);
      reader.readArray(() => readPartition(reader, partitions), false, false);
    },
    false,
    false,
  );
  return { topics, throttle: reader.readInt32() };
}

function readPartition(reader: Reader, partitions: PartitionAnswer[]): void {
  const partition = reader.readInt32();
  const code = reader.readInt16();
  partitions[partition] = { code, offset: reader.readInt64() };
  // When it was appended, and where the log starts.
  reader.skip(16);
}
