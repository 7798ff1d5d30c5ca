import { type Admin, Kafka, logLevel } from 'kafkajs';

/** kafkajs doesn't export its names of resources to ES modules. */
const topicResource = 2;

export type Administer = <T>(work: (admin: Admin) => Promise<T>) => Promise<T>;

/**
 * With a connection of its own each time, and from another broker if that fails: a client that starts with a hung broker
 * gets nowhere. So the work may be done more than once.
 */
export function administerKafka(brokers: readonly string[]): Administer {
  return async (work) => {
    const order = [...brokers];
    for (let tries = 1; ; tries++) {
      try {
        return await administerOnce(order, work);
      } catch (error) {
        if (tries === 2 * brokers.length) throw error;
        order.push(...order.splice(0, 1));
      }
    }
  };
}

async function administerOnce<T>(brokers: string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const retry = { retries: 2, initialRetryTime: 100, maxRetryTime: 500 };
  const limits = { connectionTimeout: 1000, requestTimeout: 5000, retry };
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING, ...limits }).admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Sets these of the topic's settings, such as `max.message.bytes`; the others get their defaults. */
export async function configureTopic(
  admin: Admin,
  topic: string,
  settings: { readonly [name: string]: string },
): Promise<void> {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: topicResource, name: topic, configEntries }],
  });
}

export async function addPartitions(admin: Admin, topic: string, count: number): Promise<void> {
  await admin.createPartitions({ topicPartitions: [{ topic, count }] });
}

export async function deleteTopic(admin: Admin, topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
}

/** The same replicas in another order: no data moves, and after an election the first one leads. */
export async function rotateReplicas(admin: Admin, topics: readonly string[], shift: number): Promise<void> {
  const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
  await admin.alterPartitionReassignments({
    topics: found.map(({ name, partitions }) => ({
      topic: name,
      partitionAssignment: partitions.map(({ partitionId, replicas }) => {
        const start = shift % replicas.length;
        return { partition: partitionId, replicas: [...replicas.slice(start), ...replicas.slice(0, start)] };
      }),
    })),
  });
}

export async function areReplicasInSync(admin: Admin, topics: readonly string[]): Promise<boolean> {
  const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
  return found.every(({ partitions }) =>
    partitions.every(({ leader, replicas, isr }) => leader >= 0 && isr.length === replicas.length),
  );
}

/** Records of all topics together, those that retention has taken not counted. */
export async function countRecords(admin: Admin, topics: readonly string[]): Promise<number> {
  let sum = 0;
  for (const topic of topics) {
    for (const { low, high } of await admin.fetchTopicOffsets(topic)) sum += Number(high) - Number(low);
  }
  return sum;
}

/** Nothing if it is there already. */
export async function createTopic(admin: Admin, topic: string, numPartitions: number): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions }] });
}
