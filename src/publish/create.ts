import { join } from 'node:path';
import type { EmbeddedSettings, KafkaSettings } from '../config/settings.js';
import type { Publisher } from '../model.js';
import { realClock } from './clock.js';
import type { Log } from './log.js';

/**
 * Opens the way to Kafka or to the embedded log. Kafka may be down: the publisher then keeps trying in the background,
 * isn't `ready()`, and spools. Rejects itself only where the embedded log or the spool can't be opened.
 */
export async function createPublisher(
  settings: KafkaSettings | EmbeddedSettings,
  options: {
    /** Every topic that a record can go to. */
    readonly topics: readonly string[];
    readonly log: Log;
    /** Which of the gateway's processes this is: each has a part of the spool to itself. */
    readonly slot?: number;
  },
): Promise<Publisher> {
  if (settings.kind === 'embedded') {
    const { openEmbedded } = await import('./embedded/publisher.js');
    return openEmbedded(settings);
  }
  const [{ createKafkajsClient }, { createBatcher }, { openSpool }, { realFiles }] = await Promise.all([
    import('./kafka/client.js'),
    import('./batcher.js'),
    import('./spool/spool.js'),
    import('./spool/files.js'),
  ]);
  const client = createKafkajsClient(settings, options);
  client.connect();
  const batcher = createBatcher(client, realClock);
  const { topics, log, slot = 0 } = options;
  const { dir, maxBytes } = settings.spool;
  const folder = join(dir, String(slot));
  return openSpool(batcher, { folder, maxBytes, topics, log, files: realFiles, clock: realClock });
}
