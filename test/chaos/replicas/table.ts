import { count, listCounts, row } from '../table.js';
import type { ReplicaSummary } from './play.js';

const columns = [
  ...['seed', 'minutes', 'replicas', 'faults by kind', 'events (requests)', 'missing', 'extra records and why'],
  ...['unexplained', 'out of order', 'refused', 'p99 ms'],
];

/** The head of the table of replica runs in `docs/chaos.md`. */
export const replicaTableHead = [row(columns), row(columns.map(() => '---'))].join('\n');

/** A line of it. */
export function replicaTableRow(summary: ReplicaSummary): string {
  const { seed, minutes, replicas, faults, events, attempts, missing, extra, explained } = summary;
  return row([
    ...[String(seed), String(minutes), String(replicas), listCounts(faults)],
    ...[`${count(events)} (${count(attempts)})`, String(missing)],
    extra === 0 ? '0' : `${count(extra)}: ${listCounts(explained)}`,
    ...[summary.unexplained, summary.outOfOrder, summary.refused, summary.p99].map(String),
  ]);
}
