import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import type { KafkaSettings } from '../../config/settings.js';
import type { Log } from '../log.js';
import { translateError } from './errors.js';

const { ConfigResourceTypes } = kafkajs;

/** Topic → number of partitions. */
export type PartitionCounts = Map<string, number>;

/** New topics show up in the brokers' metadata a little after their creation. */
const pollInterval = 50;
const pollLimit = 100;

/** How many partitions each topic has; those that aren't there (or can't be described) are left out. */
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

/** Creates what is missing where the settings say so, and says what stays missing. Returns the topics that are there. */
export async function ensureTopics(
  admin: Admin,
  topics: readonly string[],
  settings: KafkaSettings['topics'],
  log: Log,
): Promise<PartitionCounts> {
  const counts = await countPartitions(admin, topics);
  const missing = topics.filter((topic) => !counts.has(topic));
  if (missing.length === 0) return counts;
  if (settings.create === 'never') {
    log('error', 'topics are missing: create them, or set kafka.topics.create: missing', { topics: missing });
    return counts;
  }
  const created = await createTopics(admin, missing, settings, log);
  for (let poll = 0; created.some((topic) => !counts.has(topic)) && poll < pollLimit; poll++) {
    const waiting = created.filter((topic) => !counts.has(topic));
    for (const [topic, partitions] of await countPartitions(admin, waiting)) counts.set(topic, partitions);
    await delay(pollInterval);
  }
  return counts;
}

/** Says which topics refuse bodies that the gateway takes: `largest` bytes, and what Kafka adds to them. */
export async function warnOfSmallTopics(
  admin: Admin,
  topics: readonly string[],
  largest: number,
  log: Log,
): Promise<void> {
  if (topics.length === 0) return;
  const resources = topics.map((name) => ({
    type: ConfigResourceTypes.TOPIC,
    name,
    configNames: ['max.message.bytes'],
  }));
  try {
    const described = await admin.describeConfigs({ resources, includeSynonyms: false });
    for (const { resourceName, configEntries } of described.resources) {
      const limit = Number(configEntries.find(({ configName }) => configName === 'max.message.bytes')?.configValue);
      if (limit >= largest) continue;
      log(
        'warn',
        'larger bodies become dead letters: raise max.message.bytes of the topic or lower server.limits.body',
        {
          ...{ topic: resourceName, 'max.message.bytes': limit, 'server.limits.body': largest },
        },
      );
    }
  } catch (error) {
    // It needs a right that publishing does not (DESCRIBE_CONFIGS).
    log('debug', 'max.message.bytes of the topics is not known', { reason: translateError(error).reason });
  }
}

async function createTopics(
  admin: Admin,
  topics: readonly string[],
  { partitions, replicationFactor }: KafkaSettings['topics'],
  log: Log,
): Promise<readonly string[]> {
  const wanted = topics.map((topic) => ({ topic, numPartitions: partitions, replicationFactor }));
  try {
    // Waiting for leaders fails at random on KRaft although the topic is there.
    await admin.createTopics({ topics: wanted, waitForLeaders: false });
    log('info', 'topics created', { topics, partitions, replicationFactor });
    return topics;
  } catch (error) {
    const refused = new Map<string, string>();
    for (const one of listErrors(error)) {
      const name = one instanceof Error && 'topic' in one ? String(one.topic) : undefined;
      if (name === undefined) throw one;
      const { reason } = translateError(one, name);
      if (reason !== 'TOPIC_ALREADY_EXISTS') refused.set(name, reason);
    }
    if (refused.size > 0) log('error', 'topics could not be created', Object.fromEntries(refused));
    return topics.filter((topic) => !refused.has(topic));
  }
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
