import type { GatewaySettings } from '../../config/settings.js';
import { dismiss } from '../../dead-letters/dismiss.js';
import { createDirectPublisher } from '../../publish/create.js';
import type { Log } from '../../util/log.js';
import type { Dismissed, DismissRequest } from '../contract.js';
import { Refused } from '../respond.js';
import { chooseLetters, type Letters } from './letters.js';

/** Milliseconds for Kafka to take the marks. */
const patience = 20_000;

const silent: Log = () => undefined;

/** Marks letters as dismissed. Rejects with a Refused. */
export async function dismissLetters(
  settings: GatewaySettings,
  letters: Letters,
  { note, ...choice }: DismissRequest,
): Promise<Dismissed> {
  const ledger = await letters.refresh();
  const chosen = chooseLetters(ledger, choice).filter(({ id }) => ledger.isOpen(id));
  if (chosen.length === 0) return { dismissed: 0 };
  const { topics, limits, publisher: way } = settings;
  const publisher = await createDirectPublisher(way, { topics, largest: limits.body, log: silent });
  const timer = setTimeout(() => void publisher.close(), patience);
  try {
    await dismiss(chosen, publisher, { now: Date.now(), note });
    return { dismissed: chosen.length };
  } catch {
    throw new Refused(503, 'unavailable', 'not all of them could be marked: is Kafka there? Try again, it goes on');
  } finally {
    clearTimeout(timer);
    letters.forget();
    await publisher.close();
  }
}
