import { join } from 'node:path';
import type { EmbeddedSettings, KafkaSettings } from '../config/settings.js';
import { PublishError } from '../core/model.js';
import type { Log } from '../util/log.js';

/** The right to be the only one who does something with a topic. */
export interface TopicLock {
  /** False as soon as somebody else may have it. */
  held(): boolean;
  release(): Promise<void>;
}

/**
 * Takes the hold of this name on a topic. Undefined: a living process has it. After a process that was killed it takes as
 * long as Kafka waits for it, some 10 s, in which its last requests have come to their end, too.
 */
export async function lockTopic(
  settings: KafkaSettings | EmbeddedSettings,
  topic: string,
  name: string,
  log: Log,
): Promise<TopicLock | undefined> {
  if (settings.kind === 'kafka')
    return (await import('../kafka/kafkajs/topic-lock.js')).holdTopic(settings, topic, name, log);
  const { lockFolder } = await import('../storage/disk/lock.js');
  try {
    const { release } = await lockFolder(join(settings.dir, name), log, 0);
    return { held: () => true, release };
  } catch (error) {
    if (error instanceof PublishError && error.reason === 'FOLDER_IN_USE') return undefined;
    throw error;
  }
}
