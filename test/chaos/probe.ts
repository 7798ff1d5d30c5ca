import { Kafka, logLevel } from 'kafkajs';
import type { Cluster } from '../support/kafka/cluster.js';
import { createTopic } from '../support/kafka/topics.js';
import { until } from './wait.js';

const topic = 'chaos.probe';
const partitions = 6;

export function createProbe({ administer }: Cluster): Promise<void> {
  return administer((admin) => createTopic(admin, topic, partitions));
}

/** Resolves with the time at which every partition of a topic, on all brokers, took a record. */
export async function awaitWritable({ brokers }: Cluster): Promise<number> {
  let writableAt = 0;
  let tries = 0;
  await until(
    240,
    'Kafka to take writes again',
    async () => {
      const start = tries++ % brokers.length;
      await write([...brokers.slice(start), ...brokers.slice(0, start)]);
      writableAt = Date.now();
      return true;
    },
    20,
  );
  return writableAt;
}

/** A client of its own each time, so that nothing of the outage sticks to it. */
async function write(brokers: string[]): Promise<void> {
  const retry = { retries: 0 };
  const limits = { connectionTimeout: 300, requestTimeout: 1_000, enforceRequestTimeout: true };
  const kafka = new Kafka({ brokers, retry, logLevel: logLevel.NOTHING, ...limits });
  const producer = kafka.producer({ retry, allowAutoTopicCreation: false });
  try {
    await producer.connect();
    const messages = Array.from({ length: partitions }, (_, partition) => ({ partition, value: 'probe' }));
    await producer.send({ topic, messages, acks: -1, timeout: 1_000 });
  } finally {
    void producer.disconnect().catch(() => undefined);
  }
}
