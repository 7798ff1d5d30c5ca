import { Kafka, logLevel } from 'kafkajs';
import { countRecords } from '../support/kafka/topics.js';
import type { Found } from './judge.js';

/** Where what the sender makes belongs. */
export const topic = 'webhooks.stripe.charge';

/** The records of a Kafka, read with its client alone. */
export async function readKafka(brokers: readonly string[]): Promise<readonly Found[]> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const total = await countRecords(admin, [topic]);
  await admin.disconnect();
  const found: Found[] = [];
  const consumer = kafka.consumer({ groupId: `replicas-${process.pid}-${Date.now()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    if (total === 0) resolve();
    void consumer.run({
      autoCommit: false,
      async eachMessage({ partition, message: { headers = {}, offset, timestamp } }) {
        const place = `${topic}-${partition}@${offset}`;
        found.push({
          event: String(headers.ce_id),
          place,
          local: headers.ce_deduped !== undefined,
          at: Number(timestamp),
        });
        if (found.length === total) resolve();
      },
    });
  });
  await consumer.disconnect();
  return found;
}
