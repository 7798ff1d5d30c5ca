import type { KafkaRecord, Placement, Publisher } from '../../src/core/model.js';

/** A Publisher that keeps records in memory; `fail` makes the next ones fail. */
export interface MemoryPublisher extends Publisher {
  readonly records: KafkaRecord[];
  fail: ((record: KafkaRecord) => Error | undefined) | undefined;
  isReady: boolean;
  closed: boolean;
}

export function memoryPublisher(): MemoryPublisher {
  const records: KafkaRecord[] = [];
  return {
    records,
    fail: undefined,
    isReady: true,
    closed: false,
    async publish(record): Promise<Placement> {
      const error = this.fail?.(record);
      if (error !== undefined) throw error;
      const offset = records.filter(({ topic }) => topic === record.topic).length;
      records.push(record);
      return { topic: record.topic, partition: 0, offset: BigInt(offset) };
    },
    ready() {
      return this.isReady;
    },
    connected() {
      return this.isReady;
    },
    async close() {
      this.closed = true;
    },
  };
}
