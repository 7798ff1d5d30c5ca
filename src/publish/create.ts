import type { EmbeddedSettings, KafkaSettings } from '../config/settings.js';
import type { Placement, Publisher } from '../core/model.js';
import type { BatcherStatus } from '../kafka/batcher.js';
import type { Expectations } from '../kafka/client.js';
import type { Peers } from '../storage/spool/peers.js';
import type { SpoolStatus } from '../storage/spool/spool.js';
import { realClock } from '../util/clock.js';
import type { Log } from '../util/log.js';

/** Milliseconds that the start waits for Kafka: the first webhooks then go there, and not to the spool. */
const patience = 1_000;

/** What a reload may change. */
export interface Adaptable extends Expectations {
  readonly deadLetterTopic: string;
}

export interface PublisherOptions extends Adaptable {
  /** Which of the gateway's processes this is, and how many there are: each has a part of the spool or the embedded log to itself. */
  readonly slot?: number;
  readonly slots?: number;
  /** The others of them; absent: there are none. */
  readonly peers?: Peers | undefined;
  /** Milliseconds to wait for the end of a process that has its folder. Default: as long as a gateway takes to stop. */
  readonly lockWait?: number;
  readonly log: Log;
}

/** How it goes on the way to Kafka. */
export interface PublisherStatus {
  readonly queue: BatcherStatus;
  readonly spool: SpoolStatus;
}

/** What the gateway publishes with. With Kafka it says how it goes, and what a reload changes reaches it. */
export type GatewayPublisher = Publisher & { status?(): PublisherStatus; adapt?(next: Adaptable): void };

/**
 * Opens the way to Kafka or to the embedded log. Kafka may be down: the publisher then keeps trying in the background,
 * isn't `ready()`, and spools. Rejects itself only where the embedded log or the spool can't be opened.
 */
export async function createPublisher(
  settings: EmbeddedSettings | KafkaSettings,
  options: PublisherOptions,
): Promise<GatewayPublisher> {
  if (settings.kind === 'embedded') return createDirectPublisher(settings, options);
  const [{ client, batcher }, { openSpools }] = await Promise.all([
    openBatcher(settings, options),
    import('../storage/spool/open.js'),
  ]);
  try {
    const spools = await openSpools(batcher, settings.spool, options);
    return {
      ...spools,
      status: () => ({ queue: batcher.status(), spool: spools.status() }),
      adapt(next) {
        spools.adapt(next);
        void client.adapt(next);
      },
    };
  } catch (error) {
    await batcher.close();
    throw error;
  }
}

export type DirectOptions = Pick<PublisherOptions, 'topics' | 'largest' | 'slot' | 'log'>;

/** The same without a spool: a record waits, be it forever, until Kafka has it or `close` is called. */
export async function createDirectPublisher(
  settings: EmbeddedSettings | KafkaSettings,
  options: DirectOptions,
): Promise<Publisher<Placement>> {
  if (settings.kind === 'embedded') {
    const { openEmbedded } = await import('../storage/embedded/publisher.js');
    return openEmbedded(settings, options);
  }
  return (await openBatcher(settings, options)).batcher;
}

async function openBatcher(settings: KafkaSettings, options: DirectOptions) {
  const [{ WireClient }, { createBatcher }] = await Promise.all([
    import('../kafka/wire/client.js'),
    import('../kafka/batcher.js'),
  ]);
  const client = new WireClient(settings, options);
  await client.connect(patience);
  return { client, batcher: createBatcher(client, realClock) };
}
