import { describeSeries, stackBars } from '../state/charts.js';
import type { Counts } from '../state/outcomes.js';

interface Props {
  readonly series: readonly Counts[];
  /** What the series is, such as "the last hour". */
  readonly span: string;
  readonly width: number;
  readonly height: number;
  readonly class?: string;
}

/** Stacked bars of outcomes. Its words say the same. */
export function Bars({ series, span, width, height, class: name = 'spark' }: Props) {
  return (
    <svg
      class={name}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={describeSeries(series, span)}
    >
      <title>{describeSeries(series, span)}</title>
      <line class="base" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {stackBars(series, { width, height }).map(({ tone, ...place }) => (
        <rect key={`${place.x} ${tone}`} class={tone} {...place} />
      ))}
    </svg>
  );
}
