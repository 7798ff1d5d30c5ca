import kafkajs, { type Admin } from 'kafkajs';
import type { PartitionCounts, TopicAdmin } from '../topics.js';
import { translateError } from './errors.js';

const { ConfigResourceTypes } = kafkajs;
const limitName = 'max.message.bytes';

/** kafkajs as administrator of topics. */
export function administerTopics(admin: Admin): TopicAdmin {
  return {
    count: (topics) => countPartitions(admin, topics),
    create: (topics, partitions, replicationFactor) => createTopics(admin, topics, partitions, replicationFactor),
    limits: (topics) => describeLimits(admin, topics),
  };
}

/** Topics that are missing are left out. */
export async function countPartitions(admin: Admin, topics: readonly string[]): Promise<PartitionCounts> {
  const counts: PartitionCounts = new Map();
  if (topics.length === 0) return counts;
  try {
    await count([...topics]);
  } catch (error) {
    rethrowUnlessProtocol(error);
    // One missing topic fails the question for all.
    for (const topic of topics) await count([topic]).catch(rethrowUnlessProtocol);
  }
  return counts;

  async function count(names: string[]): Promise<void> {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: names });
    for (const { name, partitions } of found) if (partitions.length > 0) counts.set(name, partitions.length);
  }
}

async function createTopics(
  admin: Admin,
  topics: readonly string[],
  numPartitions: number,
  replicationFactor: number,
): Promise<Map<string, string>> {
  const wanted = topics.map((topic) => ({ topic, numPartitions, replicationFactor }));
  const refused = new Map<string, string>();
  try {
    // Waiting for leaders fails at random on KRaft although the topic is there.
    await admin.createTopics({ topics: wanted, waitForLeaders: false });
  } catch (error) {
    for (const one of listErrors(error)) {
      const name = one instanceof Error && 'topic' in one ? String(one.topic) : undefined;
      if (name === undefined) throw one;
      const { reason } = translateError(one, name);
      if (reason !== 'TOPIC_ALREADY_EXISTS') refused.set(name, reason);
    }
  }
  return refused;
}

async function describeLimits(admin: Admin, topics: readonly string[]): Promise<Map<string, number>> {
  const resources = topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: [limitName] }));
  const limits = new Map<string, number>();
  try {
    const described = await admin.describeConfigs({ resources, includeSynonyms: false });
    for (const { resourceName, configEntries } of described.resources) {
      const entry = configEntries.find(({ configName }) => configName === limitName);
      if (entry) limits.set(resourceName, Number(entry.configValue));
    }
  } catch (error) {
    throw translateError(error);
  }
  return limits;
}

function listErrors(error: unknown): readonly unknown[] {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : [error];
}

function isProtocolError(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at.name === 'KafkaJSProtocolError') return true;
  return false;
}

function rethrowUnlessProtocol(error: unknown): void {
  if (!isProtocolError(error)) throw error;
}
