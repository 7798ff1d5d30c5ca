import { type Counts, stacking, sumTones, type Tone, total } from './outcomes.js';

/** A rectangle of a chart, in its units, from the top left. */
export interface Bar {
  readonly tone: Tone;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A stacked bar for each of the counts, the highest as high as the chart. What is not zero is at least one unit high. */
export function stackBars(series: readonly Counts[], { width, height }: Size, gap = 1): readonly Bar[] {
  const most = Math.max(1, ...series.map(total));
  const step = width / Math.max(1, series.length);
  return series.flatMap((counts, index) => {
    const tones = sumTones(counts);
    let top = height;
    return stacking.flatMap((tone) => {
      if (tones[tone] === 0) return [];
      const high = Math.max(1, (tones[tone] / most) * (height - 2));
      top = Math.max(0, top - high);
      return [
        { tone, x: round(index * step), y: round(top), width: round(Math.max(1, step - gap)), height: round(high) },
      ];
    });
  });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The histogram in words, for whoever does not see it. */
export function describeSeries(series: readonly Counts[], span: string): string {
  const sums = series.map(total);
  const all = sums.reduce((sum, each) => sum + each, 0);
  if (all === 0) return `${span}: none`;
  const bad = series.reduce((sum, each) => sum + sumTones(each).bad, 0);
  return `${span}: ${all} in all, at most ${Math.max(...sums)} in one bar, ${bad} refused or dead`;
}
