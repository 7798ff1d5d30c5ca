import type { Found } from './judge.js';
import type { SentEvent } from './ledger.js';

/** So many are told in full. */
const most = 20;

/** What was tried with these events and where their records are, a line each, for whoever looks for the cause. */
export function tellFates(ids: readonly string[], events: readonly SentEvent[], records: readonly Found[]): string[] {
  const wanted = new Set(ids.slice(0, most));
  return events
    .filter(({ id }) => wanted.has(id))
    .map(({ id, key, seq, topic, attempts }) => {
      const tried = attempts.map(
        ({ startedAt, endedAt, result, connection }) =>
          `${timeOf(startedAt)}–${timeOf(endedAt)} ${result} (connection ${connection})`,
      );
      const found = records.filter((record) => record.id === id);
      const places = found.map(({ partition, offset, at }) => `${timeOf(at)} at ${partition}@${offset}`);
      return `${id} (${key} #${seq}, ${topic}): ${tried.join(', ')}; records: ${places.join(', ') || 'none'}`;
    });
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 23);
}
