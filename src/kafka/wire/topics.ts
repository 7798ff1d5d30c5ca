import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaSettings } from '../../config/settings.js';
import type { Log } from '../../util/log.js';
import { nameCode } from '../codes.js';
import { limitName } from '../connection/messages.js';
import { describeCode, toFault } from '../faults.js';
import type { Cluster } from './cluster.js';

/** Milliseconds. New topics show up in the brokers' metadata a little after their creation. */
const pollInterval = 50;
const pollLimit = 100;

/** Kafka's error code of each topic that cannot be used. */
export type TopicFaults = ReadonlyMap<string, number>;

/** Kafka's error code of a topic that is not there. */
export const unknownTopic = 3;
/** Its partitions are being made. */
const noLeader = 5;

/** Learns the topics, and creates what is missing where the settings say so. */
export async function ensureTopics(
  cluster: Cluster,
  topics: readonly string[],
  settings: KafkaSettings['topics'],
  log: Log,
): Promise<TopicFaults> {
  const isMissing = (topic: string) => !cluster.partitions(topic);
  const codes = new Map(await cluster.learn(topics));
  const codeOf = (topic: string) => codes.get(topic) ?? unknownTopic;
  const wanted = topics.filter((topic) => isMissing(topic) && [unknownTopic, noLeader].includes(codeOf(topic)));
  if (wanted.length > 0 && settings.create === 'missing') {
    const refused = await createTopics(cluster, wanted, settings, log);
    for (const [topic, code] of refused) codes.set(topic, code);
    const created = wanted.filter((topic) => !refused.has(topic));
    for (let poll = 0; created.some(isMissing) && poll < pollLimit; poll++) {
      await cluster.learn(created.filter(isMissing));
      await delay(pollInterval);
    }
  }
  return new Map(topics.filter(isMissing).map((topic) => [topic, codeOf(topic)]));
}

/** The codes of those that were refused. */
async function createTopics(
  cluster: Cluster,
  topics: readonly string[],
  { partitions, replicationFactor }: KafkaSettings['topics'],
  log: Log,
): Promise<Map<string, number>> {
  const codes = await cluster.askController((connection) =>
    connection.createTopics(topics, partitions, replicationFactor),
  );
  const refused = new Map([...codes].filter(([, code]) => code !== 0 && nameCode(code) !== 'TOPIC_ALREADY_EXISTS'));
  const created = topics.filter((topic) => !refused.has(topic));
  if (created.length > 0) log('info', 'topics created', { topics: created, partitions, replicationFactor });
  return refused;
}

/** Says which topics cannot be used: a line for each cause. */
export function tellTopicFaults(faults: TopicFaults, { create }: KafkaSettings['topics'], log: Log): void {
  for (const code of new Set(faults.values())) {
    const topics = [...faults].flatMap(([topic, each]) => (each === code ? [topic] : []));
    const missing = code === unknownTopic && create === 'never';
    const { reason, message: detail } = describeCode(code, topics.join(', '));
    if (missing) log('error', 'topics are missing: create them, or set kafka.topics.create: missing', { topics });
    else log('error', 'topics cannot be used', { topics, reason, detail });
  }
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
