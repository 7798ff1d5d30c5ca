import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import type { Cluster } from '../support/kafka/cluster.js';
import { countRecords } from '../support/kafka/topics.js';
import { digestOf, topics } from './events.js';
import type { Found } from './judge.js';

/** After the faults a coordinator may still be loading: so many times all is read again, milliseconds apart. */
const mostTries = 20;
const pause = 3_000;

/** Everything that is in the topics, by Kafka's own count; not read with the gateway's code, which is what is judged. */
export async function readRecords({ brokers, administer }: Cluster): Promise<Found[]> {
  const count = await administer((admin) => countRecords(admin, topics));
  if (count === 0) return [];
  for (let tries = 1; ; tries++) {
    try {
      return await readOnce(brokers, count, `chaos-${tries}`);
    } catch (error) {
      if (tries === mostTries) throw error;
      await delay(pause);
    }
  }
}

async function readOnce(brokers: readonly string[], count: number, groupId: string): Promise<Found[]> {
  const found: Found[] = [];
  const kafka = new Kafka({
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 30, maxRetryTime: 1000 },
  });
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  try {
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
    return found;
  } finally {
    await consumer.disconnect();
  }
}
