import type { Summary } from './report.js';

const columns = [
  'seed',
  'minutes',
  'workers',
  'faults by kind',
  'acknowledged',
  'missing',
  'duplicates and why',
  'unexplained',
  'out of order',
  'p99 ms (in outages)',
];

/** The head of the table in `docs/chaos.md`. */
export const tableHead = [row(columns), row(columns.map(() => '---'))].join('\n');

/** A line of it. What is gone with a deleted topic or folder is told with what was acknowledged. */
export function tableRow(summary: Summary): string {
  const { deleted, wiped, acknowledged, answerP99Ms, outageP99Ms } = summary;
  const gone = [
    ...(deleted > 0 ? [`${count(deleted)} gone with a deleted topic`] : []),
    ...(wiped > 0 ? [`${count(wiped)} with a deleted folder`] : []),
  ];
  return row([
    String(summary.seed),
    String(summary.minutes),
    String(summary.workers),
    listCounts(summary.faults),
    [count(acknowledged), ...(gone.length > 0 ? [`(${gone.join(', ')})`] : [])].join(' '),
    String(summary.missing),
    summary.duplicated === 0 ? '0' : `${count(summary.duplicated)}: ${listCounts(summary.duplicates)}`,
    String(summary.unexplained),
    String(summary.outOfOrder),
    `${answerP99Ms ?? '-'} (${outageP99Ms ?? '-'})`,
  ]);
}

/**
 * How many events have more than one record, by reason. What differs from event to event is left out of the judge's text: times,
 * and how often each thing happened.
 */
export function countReasons(duplicates: ReadonlyMap<string, string | undefined>): {
  readonly [reason: string]: number;
} {
  const counts: { [reason: string]: number } = {};
  for (const text of duplicates.values()) {
    const parts = text?.split(', ').map((part) => part.replace(/ at \d{4}-\S+$/, '')) ?? ['unexplained'];
    const reason = [...new Set(parts.filter((part) => !/^\d+ more$/.test(part)))].sort().join(' and ');
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}

export function listCounts(counts: { readonly [name: string]: number }): string {
  return Object.entries(counts)
    .map(([name, times]) => `${count(times)} ${name}`)
    .join(', ');
}

export function count(number: number): string {
  return number.toLocaleString('en-US');
}

export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
