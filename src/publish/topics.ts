import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaSettings } from '../config/settings.js';
import { PublishError } from '../model.js';
import type { Log } from './log.js';

/** Topic → number of partitions. */
export type PartitionCounts = Map<string, number>;

/** What a Kafka client can do about topics. */
export interface TopicAdmin {
  /** How many partitions each topic has; those that aren't there (or can't be described) are left out. */
  count(topics: readonly string[]): Promise<PartitionCounts>;
  /** Topic → Kafka's name of the reason why it could not be created; that it is there already is none. */
  create(topics: readonly string[], partitions: number, replicationFactor: number): Promise<Map<string, string>>;
  /** Topic → `max.message.bytes`. It takes a right that publishing doesn't need (DESCRIBE_CONFIGS). */
  limits(topics: readonly string[]): Promise<Map<string, number>>;
}

/** New topics show up in the brokers' metadata a little after their creation. */
const pollInterval = 50;
const pollLimit = 100;

/** Creates what is missing where the settings say so, and says what stays missing. Returns the topics that are there. */
export async function ensureTopics(
  admin: TopicAdmin,
  topics: readonly string[],
  settings: KafkaSettings['topics'],
  log: Log,
): Promise<PartitionCounts> {
  const counts = await admin.count(topics);
  const missing = topics.filter((topic) => !counts.has(topic));
  if (missing.length === 0) return counts;
  if (settings.create === 'never') {
    log('error', 'topics are missing: create them, or set kafka.topics.create: missing', { topics: missing });
    return counts;
  }
  const created = await createTopics(admin, missing, settings, log);
  for (let poll = 0; created.some((topic) => !counts.has(topic)) && poll < pollLimit; poll++) {
    const waiting = created.filter((topic) => !counts.has(topic));
    for (const [topic, partitions] of await admin.count(waiting)) counts.set(topic, partitions);
    await delay(pollInterval);
  }
  return counts;
}

async function createTopics(
  admin: TopicAdmin,
  topics: readonly string[],
  { partitions, replicationFactor }: KafkaSettings['topics'],
  log: Log,
): Promise<readonly string[]> {
  const refused = await admin.create(topics, partitions, replicationFactor);
  if (refused.size === 0) log('info', 'topics created', { topics, partitions, replicationFactor });
  else log('error', 'topics could not be created', Object.fromEntries(refused));
  return topics.filter((topic) => !refused.has(topic));
}

/** Says which topics refuse bodies that the gateway takes: `largest` bytes, and what Kafka adds to them. */
export async function warnOfSmallTopics(
  admin: TopicAdmin,
  topics: readonly string[],
  largest: number,
  log: Log,
): Promise<void> {
  if (topics.length === 0) return;
  try {
    for (const [topic, limit] of await admin.limits(topics)) {
      if (limit >= largest) continue;
      log(
        'warn',
        'larger bodies become dead letters: raise max.message.bytes of the topic or lower server.limits.body',
        {
          ...{ topic, 'max.message.bytes': limit, 'server.limits.body': largest },
        },
      );
    }
  } catch (error) {
    const reason = error instanceof PublishError ? error.reason : String(error);
    log('debug', 'max.message.bytes of the topics is not known', { reason });
  }
}
