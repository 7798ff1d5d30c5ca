import type { Search, SearchedSpan } from '../publish/find.js';

/** Partitions that are named one by one. */
const named = 5;

const numbers = new Intl.NumberFormat('en');

/** `2,100,000`. */
export function formatCount(count: number | bigint): string {
  return numbers.format(count);
}

/** `1 record`, `2,100 records`, `2 deliveries`. */
export function countNoun(count: number, noun: string): string {
  return `${formatCount(count)} ${count === 1 ? noun : noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;
}

/** Where a search did not look at all that was asked for, a sentence each; none: it looked at everything. */
export function describeCuts({ spans, interrupted }: Pick<Search, 'spans' | 'interrupted'>): readonly string[] {
  const limited = spans.filter(({ cut }) => cut).sort((a, b) => Number(b.start - b.first - (a.start - a.first)));
  const stopped = interrupted ? spans.filter(({ cut, reached, end }) => !cut && reached < end) : [];
  const gone = spans.filter(({ gone: isGone }) => isGone);
  return [
    ...list(
      limited,
      (span) => `cut at the newest ${formatCount(span.end - span.start)} of ${sizeOf(span)} in ${nameOf(span)}`,
    ),
    ...list(
      stopped,
      (span) =>
        `stopped in time at ${formatCount(span.searched)} of ${formatCount(span.end - span.start)} in ${nameOf(span)}`,
    ),
    ...(interrupted && spans.length === 0 ? ['stopped in time before anything was read'] : []),
    ...list(gone, (span) => `older records are gone from ${nameOf(span)}: it begins at offset ${span.first}`),
  ];
}

function list(spans: readonly SearchedSpan[], describe: (span: SearchedSpan) => string): readonly string[] {
  const more = spans.length - named;
  return [...spans.slice(0, named).map(describe), ...(more > 0 ? [`the same in ${more} other partitions`] : [])];
}

function sizeOf({ first, end }: SearchedSpan): string {
  return formatCount(end - first);
}

function nameOf({ topic, partition }: SearchedSpan): string {
  return `partition ${partition} of ${topic}`;
}

/** The `--limit` that would let a search look at all of what was cut. */
export function enoughLimit(spans: readonly SearchedSpan[]): number | undefined {
  const sizes = spans.filter(({ cut }) => cut).map(({ first, end }) => Number(end - first));
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}
