import type { PartitionCounts, TopicAdmin } from '../topics.js';
import type { Cluster } from './cluster.js';
import { nameCode, translateError } from './errors.js';
import { createTopicsV7, describeConfigsV3, ResponseError } from './library.js';

const topicResource = 2;
/** DescribeConfigs 3: version 2 of the library reads and writes fields that it does not have. */
const limitName = 'max.message.bytes';
/** Milliseconds that the controller may take. */
const createTimeout = 2_500;

/** @platformatic/kafka as administrator of topics. */
export function administerTopics(cluster: Cluster): TopicAdmin {
  return {
    async count(topics) {
      const counts: PartitionCounts = new Map();
      if (topics.length === 0) return counts;
      await cluster.learn(topics);
      for (const topic of topics) {
        const partitions = cluster.partitions(topic);
        if (partitions) counts.set(topic, partitions);
      }
      return counts;
    },
    create: (topics, partitions, replicationFactor) => createTopics(cluster, topics, partitions, replicationFactor),
    limits: (topics) => describeLimits(cluster, topics),
  };
}

async function createTopics(
  cluster: Cluster,
  topics: readonly string[],
  numPartitions: number,
  replicationFactor: number,
): Promise<Map<string, string>> {
  const wanted = topics.map((name) => ({ name, numPartitions, replicationFactor, assignments: [], configs: [] }));
  const refused = new Map<string, string>();
  const answer = await cluster.askController(createTopicsV7.api, wanted, createTimeout, false).catch(takeResponse);
  for (const { name, errorCode } of answer.topics) {
    const reason = nameCode(errorCode);
    if (errorCode !== 0 && reason !== 'TOPIC_ALREADY_EXISTS') refused.set(name, reason);
  }
  return refused;
}

async function describeLimits(cluster: Cluster, topics: readonly string[]): Promise<Map<string, number>> {
  const resources = topics.map((resourceName) => ({
    resourceType: topicResource,
    resourceName,
    configurationKeys: [limitName],
  }));
  const limits = new Map<string, number>();
  try {
    const { results } = await cluster.ask(describeConfigsV3.api, resources, false, false);
    for (const { resourceName, configs } of results) {
      const value = configs.find(({ name }) => name === limitName)?.value;
      if (typeof value === 'string') limits.set(resourceName, Number(value));
    }
  } catch (error) {
    throw translateError(error);
  }
  return limits;
}

/** The library takes the fault of one topic for a fault of all. */
function takeResponse(error: unknown): CreateTopicsResponse {
  if (error instanceof ResponseError) return error.response;
  throw error;
}

type CreateTopicsResponse = ReturnType<typeof createTopicsV7.parseResponse>;
