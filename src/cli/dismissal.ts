import type { GatewaySettings } from '../config/settings.js';
import type { Ledger } from '../dead-letters/ledger.js';
import type { DeadLetter } from '../dead-letters/letter.js';
import { readLedger } from './dead-letters.js';

interface DismissOptions {
  /** Which letters, of all that the topic has. */
  readonly choose: (ledger: Ledger) => readonly DeadLetter[];
  readonly note?: string | undefined;
  /** Nothing is written. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** Dismisses dead letters, and says which. Rejects with a `PublishError` if Kafka is unavailable. */
export async function dismissLetters(
  settings: GatewaySettings,
  { choose, note, dryRun, signal }: DismissOptions,
): Promise<readonly DeadLetter[]> {
  const letters = choose(await readLedger(settings, { signal }));
  if (dryRun || letters.length === 0 || signal.aborted) return letters;
  const [{ dismiss }, { createDirectPublisher }] = await Promise.all([
    import('../dead-letters/dismiss.js'),
    import('../publish/create.js'),
  ]);
  const { publisher: way, topics, limits } = settings;
  const publisher = await createDirectPublisher(way, { topics, largest: limits.body, log: () => undefined });
  try {
    await dismiss(letters, publisher, { now: Date.now(), note });
  } finally {
    await publisher.close();
  }
  return letters;
}
