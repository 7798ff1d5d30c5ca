import { createBatcher } from '../../src/kafka/batcher.js';
import type { KafkaClient } from '../../src/kafka/client.js';
import { type ClosableDedupe, createDedupe } from '../../src/storage/dedupe/dedupe.js';
import { openWindow } from '../../src/storage/dedupe/window.js';
import { openSpool, type Spool } from '../../src/storage/spool/spool.js';
import type { Clock } from '../../src/util/clock.js';
import type { Log } from '../../src/util/log.js';
import type { SimulatedDisk } from './disk.js';

/** The parts of a gateway that keep promises, with nothing real beneath them. */
export interface SimulatedGateway {
  readonly publisher: Spool;
  readonly dedupe: ClosableDedupe;
}

interface Surroundings {
  readonly clock: Clock;
  /** Milliseconds for which a published event is known at least. */
  readonly window: number;
  readonly topics: readonly string[];
  /** Hears what the spool says. */
  readonly log: Log;
  /** Rejects while the folder can't be had. */
  readonly retake: () => Promise<void>;
}

/** Starts one process, which has the disk for itself. */
export async function openGateway(
  client: KafkaClient,
  disk: SimulatedDisk,
  { clock, window: length, topics, log, retake }: Surroundings,
): Promise<SimulatedGateway> {
  const files = disk.mount();
  const folder = disk.folder('/dedupe');
  const publisher = await openSpool(
    createBatcher(client, clock, (call) => clock.after(0, call)),
    {
      folder: '/spool',
      maxBytes: 20_000,
      topics,
      deadLetterTopic: 'webhooks.dlq',
      files,
      clock,
      log,
      retake,
    },
  );
  const quiet = { clock, log: () => undefined };
  const window = await openWindow({ folder, length, shared: false, ...quiet });
  return { publisher, dedupe: createDedupe({ window, ...quiet }) };
}
