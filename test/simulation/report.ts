/** What became of one schedule. */
export interface Verdict {
  readonly seed: number;
  readonly counts: Counts;
  readonly broken: readonly string[];
}

export interface Counts {
  /** Events of which a delivery was answered with 200, or records that the embedded log acknowledged. */
  readonly acknowledged: number;
  /** Answers `duplicate`. */
  readonly duplicates: number;
  /** Acknowledgements after a 503. */
  readonly late: number;
  /** Events that are in Kafka more than once. */
  readonly repeated: number;
  /** Of those, events that only a graceful stop can have written twice. */
  readonly repeatedByStop: number;
  /** Records that went on under their numbers after a stop. */
  readonly resumed: number;
  readonly crashes: number;
  readonly stops: number;
  /** Files that were damaged while no gateway ran. */
  readonly damages: number;
  /** Folders that were taken away under a running gateway. */
  readonly vanished: number;
}

export interface Report extends Counts {
  readonly schedules: number;
  /** Schedules with a broken promise. */
  readonly broken: number;
  readonly from: number;
  /** The seed to go on with. */
  readonly next: number;
}

export const noCounts: Counts = {
  acknowledged: 0,
  duplicates: 0,
  late: 0,
  repeated: 0,
  repeatedByStop: 0,
  resumed: 0,
  crashes: 0,
  stops: 0,
  damages: 0,
  vanished: 0,
};

export function nothingYet(from: number): Report {
  return { schedules: 0, ...noCounts, broken: 0, from, next: from };
}

export function addVerdict(report: Report, { counts, broken }: Verdict): Report {
  const sum: { -readonly [name in keyof Counts]: number } = { ...noCounts };
  for (const name of names) sum[name] = report[name] + counts[name];
  return {
    ...report,
    ...sum,
    schedules: report.schedules + 1,
    broken: report.broken + (broken.length > 0 ? 1 : 0),
    next: report.next + 1,
  };
}

const names = [
  ...(['acknowledged', 'duplicates', 'late', 'repeated', 'repeatedByStop', 'resumed'] as const),
  ...(['crashes', 'stops', 'damages', 'vanished'] as const),
];
