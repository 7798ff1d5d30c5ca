/** How an outcome is to be taken: it is done, it needs a look some day, or it needs one now. */
export type Tone = 'good' | 'note' | 'bad';

const tones: { readonly [outcome: string]: Tone } = {
  accepted: 'good',
  duplicate: 'good',
  answered: 'good',
  spooled: 'note',
  parked: 'note',
  unavailable: 'bad',
  dead_lettered: 'bad',
  refused: 'bad',
};

/** Words that the server may have learned later count as a note. */
export function toneOf(outcome: string): Tone {
  return Object.hasOwn(tones, outcome) ? (tones[outcome] ?? 'note') : 'note';
}

/** Outcomes that a filter offers. */
export const outcomes: readonly string[] = Object.keys(tones).filter((name) => name !== 'answered');

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
