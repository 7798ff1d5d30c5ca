import { evaluateLetter } from './evaluate.js';
import { sharedName } from './event-name.js';
import type { Ledger } from './ledger.js';
import type { DeadLetter } from './letter.js';
import { chunks, newTally, openItems, type ReplayPorts, type ReplayTally } from './plan.js';

type Ports = Pick<ReplayPorts, 'endpoints' | 'keys' | 'once' | 'load' | 'signal' | 'show'>;

/** What a replay of these letters would do. Nothing is written. */
export async function planReplay(ledger: Ledger, letters: readonly DeadLetter[], ports: Ports): Promise<ReplayTally> {
  const tally = newTally(letters.length);
  const known = new Set<string>();
  for (const chunk of chunks(letters)) {
    const records = await ports.load(chunk);
    for (const letter of chunk) {
      if (ports.signal.aborted) return tally;
      const record = records.get(letter.id);
      if (record === undefined) continue;
      const { events, failures, byName } = await evaluateLetter(letter, record, openItems(letter, ledger), ports);
      for (const event of events) {
        const name = ports.once ? sharedName(event.fingerprint) : undefined;
        const before = name !== undefined && (known.has(name) || ledger.findEvent(event.fingerprint) !== undefined);
        if (before) tally.duplicates++;
        else tally.published++;
        if (name !== undefined) known.add(name);
        tally.topics[event.record.topic] = (tally.topics[event.record.topic] ?? 0) + 1;
      }
      const [first] = failures;
      if (first === undefined && byName) tally.byName++;
      if (first === undefined) tally.replayed++;
      else tally.failing.push({ id: letter.id, reason: first.reason, detail: first.detail });
    }
    ports.show(tally);
  }
  return tally;
}
