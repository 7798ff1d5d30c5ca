import { type Consumer, Kafka } from 'kafkajs';
import type { KafkaSettings } from '../../config/settings.js';
import type { TopicLock } from '../../publish/topic-lock.js';
import type { Log } from '../../util/log.js';
import { translateError } from './errors.js';
import { configureKafka } from './options.js';

/** Milliseconds. Kafka forgets a member that is silent for so long; brokers take no less than 6 s by default. */
const sessionTimeout = 10_000;
const heartbeatInterval = 1_000;

/** Of a join: it waits for a member that was killed until its session ends. */
const joinDeadline = 30_000;

/**
 * The hold on a topic is the leadership of a consumer group: a group has one leader, who stays it while it is alive,
 * whoever joins. Nothing is read. Undefined: another member leads. See `lockTopic`.
 */
export async function holdTopic(
  settings: KafkaSettings,
  topic: string,
  name: string,
  log: Log,
): Promise<TopicLock | undefined> {
  const consumer = new Kafka(configureKafka(settings, log)).consumer({
    groupId: `${settings.clientId}-${name}-${topic}`,
    sessionTimeout,
    heartbeatInterval,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
  });
  const seat = followLeadership(consumer, topic);
  const release = () => consumer.disconnect().catch(() => undefined);
  const deadline = setTimeout(seat.giveUp, joinDeadline);
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: false });
    await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
    await seat.joined;
  } catch (error) {
    await release();
    throw translateError(error, topic);
  } finally {
    clearTimeout(deadline);
  }
  if (seat.held()) return { held: seat.held, release };
  await release();
  return undefined;
}

/** Follows the membership: it leads as far as it has heard of Kafka within the session. */
function followLeadership(consumer: Consumer, topic: string) {
  let leads = false;
  let heard = Number.NEGATIVE_INFINITY;
  let giveUp: () => void = () => undefined;
  const joined = new Promise<void>((resolve, reject) => {
    giveUp = () => reject(new Error(`no answer of the consumer group within ${joinDeadline / 1000} s`));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      leads = payload.isLeader;
      heard = performance.now();
      consumer.pause([{ topic }]);
      resolve();
    });
    // kafkajs tries again by itself where that can help.
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      leads = false;
      if (!payload.restart) reject(payload.error);
    });
  });
  joined.catch(() => undefined);
  consumer.on(consumer.events.HEARTBEAT, () => {
    heard = performance.now();
  });
  return { joined, giveUp, held: () => leads && performance.now() - heard < sessionTimeout };
}
