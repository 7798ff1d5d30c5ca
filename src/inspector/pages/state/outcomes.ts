import type { DeliveryOutcome } from '../../contract.js';

/** How an outcome is to be taken: it is done, it is worth a look, or somebody has to do something. */
export type Tone = 'good' | 'note' | 'bad';

const tones: { readonly [outcome in DeliveryOutcome]: Tone } = {
  accepted: 'good',
  duplicate: 'good',
  handshake: 'good',
  spooled: 'note',
  refused: 'note',
  unproven: 'bad',
  dead_lettered: 'bad',
  unavailable: 'bad',
  error: 'bad',
};

/** Those that a filter offers. */
export const outcomes: readonly string[] = Object.keys(tones);

function isOutcome(word: string): word is DeliveryOutcome {
  return Object.hasOwn(tones, word);
}

/** States of letters and other words count as a note. */
export function toneOf(outcome: string): Tone {
  return isOutcome(outcome) ? tones[outcome] : 'note';
}

export type Counts = { readonly [outcome: string]: number };

export type Tones = { readonly [tone in Tone]: number };

/** From the bottom of a bar to its top. */
export const stacking: readonly Tone[] = ['good', 'note', 'bad'];

export function sumTones(counts: Counts): Tones {
  const sums = { good: 0, note: 0, bad: 0 };
  for (const [outcome, number] of Object.entries(counts)) sums[toneOf(outcome)] += number;
  return sums;
}

export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0);
}

/** Adds what each of them counts. */
export function merge(all: readonly Counts[]): Counts {
  const sums: { [outcome: string]: number } = {};
  for (const counts of all) {
    for (const [outcome, number] of Object.entries(counts)) sums[outcome] = (sums[outcome] ?? 0) + number;
  }
  return sums;
}
