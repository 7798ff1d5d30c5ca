import { Kafka, logLevel } from 'kafkajs';
import type { Cluster } from '../support/kafka/cluster.js';
import { countRecords } from '../support/kafka/topics.js';
import { digestOf, topics } from './events.js';
import type { Found } from './judge.js';

/** Everything that is in the topics, by Kafka's own count; not read with the gateway's code, which is what is judged. */
export async function readRecords({ brokers, administer }: Cluster): Promise<Found[]> {
  const count = await administer((admin) => countRecords(admin, topics));
  const found: Found[] = [];
  if (count === 0) return found;
  // After the faults a coordinator may still be loading.
  const kafka = new Kafka({
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 30, maxRetryTime: 1000 },
  });
  const consumer = kafka.consumer({ groupId: 'chaos', maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    void consumer.run({
      autoCommit: false,
      async eachMessage({ topic, partition, message }) {
        const value = message.value ?? Buffer.alloc(0);
        const { id }: { id?: unknown } = JSON.parse(value.toString());
        const at = Number(message.timestamp);
        found.push({ id: String(id), topic, partition, offset: BigInt(message.offset), at, digest: digestOf(value) });
        if (found.length === count) resolve();
      },
    });
  });
  await consumer.disconnect();
  return found;
}
