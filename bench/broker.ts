import { setTimeout as delay } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { readEnds } from '../src/publish/read.js';
import { startKafka } from '../test/support/kafka.js';
import { topics } from './events.js';

const { Kafka, logLevel } = kafkajs;
const deadLetters = 'webhooks.dlq';

/** The Kafka of a benchmark: one broker of its own, or that of `KAFKA_BOOTSTRAP_SERVERS`. */
export interface BenchKafka {
  readonly address: string;
  /** Records that its topics have taken so far, dead letters not counted. */
  count(): Promise<number>;
  stop(): Promise<void>;
}

/** Old segments go, so that a long benchmark doesn't fill the disk. */
const configEntries = [
  { name: 'retention.bytes', value: String(128 * 2 ** 20) },
  { name: 'segment.bytes', value: String(64 * 2 ** 20) },
];

export async function startBenchKafka(): Promise<BenchKafka> {
  const { brokers, stop } = await startKafka();
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: false,
    topics: [...topics, deadLetters].map((topic) => ({ topic, numPartitions: 6, replicationFactor: 1, configEntries })),
  });
  async function count(): Promise<number> {
    let records = 0;
    for (const topic of topics) for (const { high } of await admin.fetchTopicOffsets(topic)) records += Number(high);
    return records;
  }
  await untilDone(count);
  return {
    address: brokers.join(','),
    count,
    async stop() {
      await admin.disconnect();
      await stop();
    },
  };
}

/** New topics have leaders a moment later; throws what is still wrong after 10 s. */
async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (const end = Date.now() + 10_000; ; await delay(100)) {
    try {
      await work();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/** Records in the embedded log of that folder. */
export async function countEmbedded(dir: string): Promise<number> {
  const ends = await readEnds({ kind: 'embedded', dir }, topics);
  return [...ends.values()]
    .flatMap((partitions) => [...partitions.values()])
    .reduce((sum, end) => sum + Number(end), 0);
}
