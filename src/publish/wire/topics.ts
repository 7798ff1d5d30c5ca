import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaSettings } from '../../config/settings.js';
import { nameCode } from '../codes.js';
import { toFault } from '../faults.js';
import type { Log } from '../log.js';
import type { Cluster } from './cluster.js';
import { limitName } from './library.js';

/** Milliseconds. New topics show up in the brokers' metadata a little after their creation. */
const pollInterval = 50;
const pollLimit = 100;

/** Learns the topics, creates what is missing where the settings say so, and says what stays missing. Returns those that are there. */
export async function ensureTopics(
  cluster: Cluster,
  topics: readonly string[],
  settings: KafkaSettings['topics'],
  log: Log,
): Promise<readonly string[]> {
  const isThere = (topic: string) => Boolean(cluster.partitions(topic));
  const isMissing = (topic: string) => !isThere(topic);
  await cluster.learn(topics);
  const missing = topics.filter(isMissing);
  if (missing.length === 0) return topics;
  if (settings.create === 'never') {
    log('error', 'topics are missing: create them, or set kafka.topics.create: missing', { topics: missing });
  } else {
    const created = await createTopics(cluster, missing, settings, log);
    for (let poll = 0; created.some(isMissing) && poll < pollLimit; poll++) {
      await cluster.learn(created.filter(isMissing));
      await delay(pollInterval);
    }
  }
  return topics.filter(isThere);
}

async function createTopics(
  cluster: Cluster,
  topics: readonly string[],
  { partitions, replicationFactor }: KafkaSettings['topics'],
  log: Log,
): Promise<readonly string[]> {
  const codes = await cluster.askController((connection) =>
    connection.createTopics(topics, partitions, replicationFactor),
  );
  const refused = new Map<string, string>();
  for (const [topic, code] of codes) {
    const reason = nameCode(code);
    if (code !== 0 && reason !== 'TOPIC_ALREADY_EXISTS') refused.set(topic, reason);
  }
  if (refused.size === 0) log('info', 'topics created', { topics, partitions, replicationFactor });
  else log('error', 'topics could not be created', Object.fromEntries(refused));
  return topics.filter((topic) => !refused.has(topic));
}

/**
 * Says which topics refuse bodies that the gateway takes: `largest` bytes, and what Kafka adds to them. To ask for it takes a
 * right that publishing doesn't need (DESCRIBE_CONFIGS).
 */
export async function warnOfSmallTopics(
  cluster: Cluster,
  topics: readonly string[],
  largest: number,
  log: Log,
): Promise<void> {
  if (topics.length === 0) return;
  try {
    for (const [topic, limit] of await cluster.ask((connection) => connection.describeLimits(topics))) {
      if (limit >= largest) continue;
      log(
        'warn',
        'larger bodies become dead letters: raise max.message.bytes of the topic or lower server.limits.body',
        { topic, [limitName]: limit, 'server.limits.body': largest },
      );
    }
  } catch (error) {
    log('debug', 'max.message.bytes of the topics is not known', { reason: toFault(error).reason });
  }
}
