import type { EmbeddedSettings, KafkaSettings } from '../config/settings.js';
import type { Placement, Publisher } from '../model.js';
import { realClock } from './clock.js';
import type { Log } from './log.js';
import type { Spool } from './spool/spool.js';

/** Milliseconds that the start waits for Kafka: the first webhooks then go there, and not to the spool. */
const patience = 1_000;

export interface PublisherOptions {
  /** Every topic that a record can go to. */
  readonly topics: readonly string[];
  readonly deadLetterTopic: string;
  /** Bytes of the largest body. */
  readonly largest: number;
  /** Which of the gateway's processes this is, and how many there are: each has a part of the spool to itself. */
  readonly slot?: number;
  readonly slots?: number;
  readonly log: Log;
}

/** What the gateway publishes with. With Kafka it says how the spool is. */
export type GatewayPublisher = Publisher & Partial<Pick<Spool, 'status'>>;

/**
 * Opens the way to Kafka or to the embedded log. Kafka may be down: the publisher then keeps trying in the background,
 * isn't `ready()`, and spools. Rejects itself only where the embedded log or the spool can't be opened.
 */
export async function createPublisher(
  settings: EmbeddedSettings | KafkaSettings,
  options: PublisherOptions,
): Promise<GatewayPublisher> {
  const publisher = await createDirectPublisher(settings, options);
  if (settings.kind === 'embedded') return publisher;
  try {
    const { openSpools } = await import('./spool/open.js');
    return await openSpools(publisher, settings.spool, options);
  } catch (error) {
    await publisher.close();
    throw error;
  }
}

/** The same without a spool: a record waits, be it for ever, until Kafka has it or `close` is called. */
export async function createDirectPublisher(
  settings: EmbeddedSettings | KafkaSettings,
  options: Pick<PublisherOptions, 'topics' | 'largest' | 'log'>,
): Promise<Publisher<Placement>> {
  if (settings.kind === 'embedded') {
    const { openEmbedded } = await import('./embedded/publisher.js');
    return openEmbedded(settings);
  }
  const [createClient, { createBatcher }] = await Promise.all([loadClient(settings.client), import('./batcher.js')]);
  const client = createClient(settings, options);
  await client.connect(patience);
  return createBatcher(client, realClock);
}

async function loadClient(name: KafkaSettings['client']) {
  if (name === 'kafkajs') return (await import('./kafka/client.js')).createKafkajsClient;
  return (await import('./platformatic/client.js')).createPlatformaticClient;
}
