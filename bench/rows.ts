import { type Figures, median } from './measure.js';

/** The medians of all rounds of one contestant with so many connections. */
export interface Row {
  readonly name: string;
  readonly connections: number;
  /** Microseconds of CPU for each accepted webhook; divided by the floor's right before it. */
  readonly cpuUs: number;
  readonly ratio: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** MiB at the peak. */
  readonly rssMb: number;
  /** Answered with 200, and records that came to be: of all rounds, the time to get warm included. */
  readonly accepted: number;
  readonly inKafka: number | null;
  /** Smallest and largest ratio of the rounds. */
  readonly ratios: readonly [number, number];
  /** Rounds in which it was measured before it was warm. */
  readonly cold: number;
  /** Other answers and broken connections: reason → how many. */
  readonly failed: { readonly [reason: string]: number };
}

/** One round's figures, and what to divide them by. */
export interface Sample {
  readonly figures: Figures;
  readonly floor: Figures;
}

export function makeRow(name: string, connections: number, samples: readonly Sample[]): Row {
  const all = samples.map(({ figures }) => figures);
  const middle = (pick: (figures: Figures) => number) => round(median(all.map(pick)));
  const ratios = samples.map(({ figures, floor }) => figures.cpuUs / floor.cpuUs);
  const failed: { [reason: string]: number } = {};
  for (const each of all) {
    for (const [reason, count] of Object.entries(each.failed)) failed[reason] = (failed[reason] ?? 0) + count;
  }
  return {
    name,
    connections,
    cpuUs: middle(({ cpuUs }) => cpuUs),
    ratio: round(median(ratios)),
    perSecond: middle(({ perSecond }) => perSecond),
    p50: middle(({ p50 }) => p50),
    p99: middle(({ p99 }) => p99),
    p999: middle(({ p999 }) => p999),
    rssMb: middle(({ rssMb }) => rssMb),
    accepted: sum(all, ({ accepted }) => accepted),
    inKafka: all.every(({ inKafka }) => inKafka === undefined) ? null : sum(all, ({ inKafka }) => inKafka ?? 0),
    ratios: [round(Math.min(...ratios)), round(Math.max(...ratios))],
    cold: all.filter(({ cold }) => cold).length,
    failed,
  };
}

function sum(all: readonly Figures[], pick: (figures: Figures) => number): number {
  return all.reduce((total, each) => total + pick(each), 0);
}

/** Three digits that count. */
export function round(value: number): number {
  return Number(value.toPrecision(value >= 1000 ? 4 : 3));
}

/** What is wrong with the run, a sentence each. */
export function findFaults(rows: readonly Row[]): string[] {
  return rows.flatMap(({ name, connections, accepted, inKafka, failed }) => {
    const where = `${name}, ${connections} connections`;
    const faults = Object.entries(failed).map(([reason, count]) => `${where}: ${count} × ${reason}`);
    if (inKafka !== null && inKafka !== accepted) faults.push(`${where}: ${accepted} accepted, ${inKafka} in Kafka`);
    return faults;
  });
}

/** What makes rows doubtful, a sentence each. */
export function findColdRows(rows: readonly Row[]): string[] {
  return rows
    .filter(({ cold }) => cold > 0)
    .map(
      ({ name, connections, cold }) =>
        `${name}, ${connections} connections: not warm when measured, in ${cold} rounds.`,
    );
}

const columns: readonly (readonly [string, (row: Row) => string])[] = [
  ['', ({ name }) => name],
  ['conn.', ({ connections }) => String(connections)],
  ['CPU µs', ({ cpuUs }) => String(cpuUs)],
  ['÷ floor', ({ ratio }) => ratio.toFixed(2)],
  ['from–to', ({ ratios: [low, high] }) => `${low.toFixed(2)}–${high.toFixed(2)}`],
  ['per s', ({ perSecond }) => String(Math.round(perSecond))],
  ['p50 ms', ({ p50 }) => p50.toFixed(1)],
  ['p99 ms', ({ p99 }) => p99.toFixed(1)],
  ['p99.9 ms', ({ p999 }) => p999.toFixed(1)],
  ['peak MiB', ({ rssMb }) => String(Math.round(rssMb))],
  ['accepted', ({ accepted }) => String(accepted)],
  ['in Kafka', ({ inKafka }) => (inKafka === null ? '-' : String(inKafka))],
];

export function formatRows(rows: readonly Row[]): string {
  return formatTable([columns.map(([title]) => title), ...rows.map((row) => columns.map(([, show]) => show(row)))]);
}

/** The ratios of an earlier run beside those of this one, of the rows that both have. */
export function formatComparison(before: readonly Row[], after: readonly Row[]): string {
  const lines = after.flatMap((row) => {
    const old = before.find(({ name, connections }) => name === row.name && connections === row.connections);
    if (old === undefined) return [];
    const change = `${row.ratio > old.ratio ? '+' : ''}${((row.ratio / old.ratio - 1) * 100).toFixed(0)} %`;
    const latency = `${old.p99.toFixed(1)} → ${row.p99.toFixed(1)}`;
    return [[row.name, String(row.connections), old.ratio.toFixed(2), row.ratio.toFixed(2), change, latency]];
  });
  return formatTable([['', 'conn.', '÷ floor before', 'after', 'change', 'p99 ms'], ...lines]);
}

/** Markdown, aligned so that a terminal shows it well. */
export function formatTable(lines: readonly (readonly string[])[]): string {
  const [head = []] = lines;
  const widths = head.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const show = (line: readonly string[]) =>
    `| ${widths.map((width, at) => (at === 0 ? (line[at] ?? '').padEnd(width) : (line[at] ?? '').padStart(width))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  const [first = [], ...rest] = lines;
  return [show(first), rule, ...rest.map(show), ''].join('\n');
}
