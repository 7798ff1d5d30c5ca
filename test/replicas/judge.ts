/** What a provider has seen of one of its requests. Times in milliseconds since the epoch. */
export interface Attempt {
  readonly event: string;
  /** Of its record. */
  readonly key: string;
  /** The replica that got it, as far as the sender knows. */
  readonly replica?: number;
  /** True where the event is repeated after it was taken. */
  readonly again: boolean;
  /** When it was sent, and when its answer, or the end of its connection, came. */
  readonly from: number;
  readonly to: number;
  /** Absent: the connection broke. */
  readonly status?: number;
  /** `accepted`, `duplicate` …, of a 200; the reason of a 503. */
  readonly said?: string;
  /** `topic-partition@offset`, where the answer has it. */
  readonly place?: string;
}

/** A record of the topics. */
export interface Found {
  readonly event: string;
  readonly place: string;
  /** True where it says that other replicas were not asked. */
  readonly local: boolean;
  /** When the broker has appended it, in milliseconds since the epoch; absent for an embedded log. */
  readonly at?: number;
}

/** A time in which something was broken on purpose, from the first moment to the last in which that can show. */
export interface Fault {
  /**
   * `kill`, `hang`: a replica was killed, or stopped for a while; `redis`: Redis was away; `failover`: another server is the primary of
   * Redis; `kafka`: one broker or all; `restart`: SIGTERM of a replica, which explains nothing.
   */
  readonly kind: 'kill' | 'hang' | 'redis' | 'failover' | 'kafka' | 'restart';
  readonly from: number;
  readonly to: number;
  readonly replica?: number;
  /** True where Redis came back empty. */
  readonly lost?: boolean;
}

export interface Verdict {
  readonly events: number;
  readonly attempts: number;
  readonly records: number;
  /** Answers by their status, or by what a 200 or 503 says. */
  readonly answers: { readonly [what: string]: number };
  /** Records that say that other replicas were not asked. */
  readonly local: number;
  /** Events with a 200 and no record. */
  readonly missing: number;
  /** Records beyond the first of their event. */
  readonly extra: number;
  /** Of these, by the reason that docs/replicas.md gives. */
  readonly explained: { readonly [reason: string]: number };
  readonly unexplained: number;
  /** Answers that name a record which is not there, or is another event's. */
  readonly misplaced: number;
  /** Events that lie in front of one of their key that was acknowledged before they were sent. */
  readonly outOfOrder: number;
  /** Requests without a 200 that no fault accounts for. */
  readonly refused: number;
  readonly kills: number;
  /** Milliseconds: of 100 answers, the slowest but one. */
  readonly p99: number;
  /** A line for each of the first that are wrong. */
  readonly wrong: readonly string[];
}

/** Milliseconds that a claim stands whose owner does not renew it. */
const lease = 30_000;
/** Milliseconds: what Redis has not confirmed by then makes it count as unavailable. */
const answerTime = 500;
/** Milliseconds that an event waits for the replica that has claimed it, and more for a machine that has much to do. */
const patience = 5_000;
const mostLines = 30;

interface Told {
  readonly event: string;
  readonly tries: readonly Attempt[];
  readonly own: readonly Found[];
}

/** Compares what the provider was told with what the topics have. It knows nothing of the gateway but docs/replicas.md. */
export function judge(attempts: readonly Attempt[], found: readonly Found[], faults: readonly Fault[]): Verdict {
  const records = groupByEvent(found);
  const all = [...groupByEvent(attempts)].map(
    ([event, tries]): Told => ({ event, tries, own: records.get(event) ?? [] }),
  );
  const places = new Map(found.map(({ event, place }) => [place, event]));
  const misplaced = attempts.filter(({ event, place }) => place !== undefined && places.get(place) !== event);
  const missing = all.filter(({ own, tries }) => own.length === 0 && tries.some(({ status }) => status === 200));
  const explained: { [reason: string]: number } = {};
  const unexplained: Told[] = [];
  for (const each of all) {
    if (each.own.length < 2) continue;
    const reasons = explain(each, faults);
    for (const reason of reasons.slice(0, each.own.length - 1)) explained[reason] = (explained[reason] ?? 0) + 1;
    for (let left = each.own.length - 1 - reasons.length; left > 0; left--) unexplained.push(each);
  }
  const outOfOrder = findInversions(all);
  const refused = attempts.filter((each) => each.status !== 200 && !isExcused(each, faults));
  const wrong = [
    ...missing.map((each) => `missing: ${tell(each)}`),
    ...unexplained.map((each) => `unexplained: ${tell(each)}`),
    ...misplaced.map((each) => `not where the answer says: ${tellAttempt(each)} of ${each.event}`),
    ...outOfOrder.map(([before, after]) => `out of order: ${tell(after)} is in front of ${tell(before)}`),
    ...refused.map((each) => `without a 200: ${tellAttempt(each)} of ${each.event}`),
  ];
  return {
    events: all.length,
    attempts: attempts.length,
    records: found.length,
    answers: countAnswers(attempts),
    local: found.filter(({ local }) => local).length,
    missing: missing.length,
    extra: all.reduce((sum, { own }) => sum + Math.max(0, own.length - 1), 0),
    explained,
    unexplained: unexplained.length,
    misplaced: misplaced.length,
    outOfOrder: outOfOrder.length,
    refused: refused.length,
    kills: faults.filter(({ kind }) => kind === 'kill').length,
    p99: slowestButOne(attempts),
    wrong: wrong.slice(0, mostLines),
  };
}

function groupByEvent<T extends { readonly event: string }>(list: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const each of list) {
    const group = groups.get(each.event);
    if (group === undefined) groups.set(each.event, [each]);
    else group.push(each);
  }
  return groups;
}

/** A reason for each record beyond the first that docs/replicas.md allows. */
function explain({ tries, own }: Told, faults: readonly Fault[]): readonly string[] {
  const reasons = own.filter(({ local }) => local).map(() => 'Redis was not asked, and the record says so');
  for (const fault of faults) {
    if (fault.kind === 'kill' && wasInHand(tries, fault)) reasons.push('a replica was killed that had it in hand');
    else if (fault.kind === 'kill' && wasSpooled(tries, own, fault))
      reasons.push('a replica was killed that had it in its spool');
    else if (fault.kind === 'hang' && lapsed(tries, fault))
      reasons.push('a replica had no time for longer than a claim stands');
    else if (fault.lost === true && wasThereThen(tries, fault)) reasons.push('Redis came back empty');
    else if (fault.kind === 'failover' && wasUnderWay(tries, fault)) reasons.push('Redis failed over in that moment');
  }
  for (const { status, said } of tries) {
    if (status === 503 && said === 'kafka_unavailable') reasons.push('sent again after a 503');
  }
  return reasons;
}

/** A replica was killed while it had the event: it may have published it, and cannot have said so, or only to the provider. */
function wasInHand(tries: readonly Attempt[], { replica, from }: Fault): boolean {
  return tries.some(
    (each) => each.replica === replica && each.from <= from + answerTime && from <= each.to + answerTime,
  );
}

/** It was killed while it sent what it had spooled: some of that it sends once more. */
function wasSpooled(tries: readonly Attempt[], own: readonly Found[], { replica, from }: Fault): boolean {
  const spooled = tries.some((each) => each.replica === replica && each.said === 'spooled' && each.to <= from);
  return spooled && own.some(({ at = 0 }) => at >= from);
}

/** Its claim was nobody's any more when it went on. */
function lapsed(tries: readonly Attempt[], { replica, from, to }: Fault): boolean {
  return to - from >= lease && tries.some((each) => each.replica === replica && each.from <= to && from <= each.to);
}

/** Redis has lost what it knew after the event had come, and before it came again. */
function wasThereThen(tries: readonly Attempt[], { from, to }: Fault): boolean {
  return tries.some((each) => each.from <= to) && tries.some((each) => each.to >= from);
}

/** What the new primary was not told of it was said in the last moments of the old one. */
function wasUnderWay(tries: readonly Attempt[], { from, to }: Fault): boolean {
  return tries.some((each) => each.from <= to && each.to >= from - answerTime);
}

/** Whether a request had to end so: its replica was away, or the replica that had claimed its event. */
function isExcused({ replica, status, said, from, to }: Attempt, faults: readonly Fault[]): boolean {
  const pending = said === 'duplicate_pending';
  return faults.some((fault) => {
    if (fault.kind !== 'kill' && fault.kind !== 'hang')
      return pending && fault.kind === 'kafka' && overlaps(fault, patience);
    if (pending) return overlaps(fault, lease + patience);
    return (status === undefined || status === 502) && fault.replica === replica && overlaps(fault, 0);
  });

  function overlaps(fault: Fault, after: number): boolean {
    return from <= fault.to + after && to >= fault.from;
  }
}

/**
 * An event is sent when each copy of the one before it of its key has a 200. So it lies behind it, if both are in one partition, and
 * neither went through a spool.
 */
function findInversions(all: readonly Told[]): readonly (readonly [Told, Told])[] {
  const inversions: (readonly [Told, Told])[] = [];
  const last = new Map<string, { readonly offset: bigint; readonly told: Told }>();
  const began = ({ tries }: Told) => Math.min(...tries.map(({ from }) => from));
  for (const told of [...all].sort((one, other) => began(one) - began(other))) {
    const first = told.tries.filter(({ again }) => !again);
    if (first.some(({ status, place }) => status !== 200 || place === undefined)) continue;
    const [lane, offset] = firstPlace(told);
    const before = last.get(lane);
    if (before !== undefined && before.offset > offset) inversions.push([before.told, told]);
    else last.set(lane, { offset, told });
  }
  return inversions;
}

/** Key and partition, and the lowest offset in it. */
function firstPlace({ own, tries }: Told): readonly [string, bigint] {
  const places = own.map(({ place }) => place.split('@'));
  const [partition = ''] = places[0] ?? [];
  const offsets = places.flatMap(([name, offset = '0']) => (name === partition ? [BigInt(offset)] : []));
  const [lowest = 0n] = offsets.sort((one, other) => (one < other ? -1 : 1));
  return [`${tries[0]?.key} ${partition}`, lowest];
}

function countAnswers(attempts: readonly Attempt[]): { readonly [what: string]: number } {
  const answers: { [what: string]: number } = {};
  for (const { status, said } of attempts) {
    const what = said ?? String(status ?? 'broken');
    answers[what] = (answers[what] ?? 0) + 1;
  }
  return answers;
}

function slowestButOne(attempts: readonly Attempt[]): number {
  const times = attempts.flatMap(({ status, from, to }) => (status === undefined ? [] : [to - from]));
  times.sort((one, other) => one - other);
  return Math.round(times[Math.floor(times.length * 0.99)] ?? 0);
}

function tell({ event, tries, own }: Told): string {
  const found = own.map(
    ({ place, local, at }) => `${at === undefined ? '' : `${timeOf(at)} `}${place}${local ? ' (local)' : ''}`,
  );
  return `${event}: ${tries.map(tellAttempt).join(', ')}; records: ${found.join(', ') || 'none'}`;
}

function tellAttempt({ from, to, replica, status, said, place }: Attempt): string {
  const what = [status ?? 'broken', said, place].filter((part) => part !== undefined).join(' ');
  return `${timeOf(from)}–${timeOf(to)} replica ${replica ?? 'unknown'} ${what}`;
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 23);
}
