import type { EmbeddedSettings, KafkaSettings } from '../config/settings.js';
import type { Publisher } from '../model.js';
import type { Log } from './log.js';

/**
 * Opens the way to Kafka or to the embedded log. Kafka may be down: the publisher then keeps trying in the background,
 * isn't `ready()`, and rejects. Rejects itself only where the embedded log can't be opened.
 */
export async function createPublisher(
  settings: KafkaSettings | EmbeddedSettings,
  options: {
    /** Every topic that a record can go to. */
    readonly topics: readonly string[];
    readonly log: Log;
  },
): Promise<Publisher> {
  if (settings.kind === 'embedded') {
    const { openEmbedded } = await import('./embedded/publisher.js');
    return openEmbedded(settings);
  }
  const [{ createKafkajsClient }, { createBatcher }] = await Promise.all([
    import('./kafka/client.js'),
    import('./batcher.js'),
  ]);
  const client = createKafkajsClient(settings, options);
  await client.connect();
  return createBatcher(client);
}
