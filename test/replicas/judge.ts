/** What a provider has seen of one of its requests. */
export interface Attempt {
  readonly event: string;
  readonly replica: number;
  /** Milliseconds: when it was sent, and when its answer, or the end of its connection, came. */
  readonly from: number;
  readonly to: number;
  /** Absent: the connection broke. */
  readonly status?: number;
  /** `accepted`, `duplicate` …, of a 200. */
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
}

/** A time in which something was broken on purpose. `replica`: the one that was killed. */
export interface Fault {
  readonly kind: 'kill' | 'redis' | 'kafka';
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
  /** Answers by their status, or by what a 200 says. */
  readonly answers: { readonly [what: string]: number };
  /** Records that say that other replicas were not asked. */
  readonly local: number;
  /** Events with a 200 and no record. */
  readonly missing: number;
  /** Records beyond the first of their event. */
  readonly extra: number;
  /** Of these: what a killed replica had in hand, what a replica has published without Redis and says so, or after Redis had lost what it knew, and others. */
  readonly ofKills: number;
  readonly ofRedis: number;
  readonly unexplained: number;
  /** Answers that name a record which is not there, or is another event's. */
  readonly misplaced: number;
  readonly kills: number;
  /** Milliseconds: of 100 answers, the slowest but one. */
  readonly p99: number;
}

/** Compares what the provider was told with what the topics have. It knows nothing of the gateway. */
export function judge(attempts: readonly Attempt[], found: readonly Found[], faults: readonly Fault[]): Verdict {
  const sent = groupByEvent(attempts);
  const records = groupByEvent(found);
  const places = new Map(found.map(({ event, place }) => [place, event]));
  const answers: { [what: string]: number } = {};
  for (const { status, said } of attempts) {
    const what = said ?? String(status ?? 'broken');
    answers[what] = (answers[what] ?? 0) + 1;
  }
  const counts = { missing: 0, extra: 0, ofKills: 0, ofRedis: 0, unexplained: 0 };
  for (const [event, tries] of sent) {
    const own = records.get(event) ?? [];
    if (own.length === 0 && tries.some(({ status }) => status === 200)) counts.missing++;
    const extra = Math.max(0, own.length - 1);
    if (extra === 0) continue;
    counts.extra += extra;
    if (wasInHand(tries, faults)) counts.ofKills += extra;
    else if (own.some(({ local }) => local) || wasForgotten(tries, faults)) counts.ofRedis += extra;
    else counts.unexplained += extra;
  }
  const times = attempts
    .flatMap(({ status, from, to }) => (status === undefined ? [] : [to - from]))
    .sort((a, b) => a - b);
  return {
    events: sent.size,
    attempts: attempts.length,
    records: found.length,
    local: found.filter(({ local }) => local).length,
    answers,
    ...counts,
    misplaced: attempts.filter(({ event, place }) => place !== undefined && places.get(place) !== event).length,
    kills: faults.filter(({ kind }) => kind === 'kill').length,
    p99: Math.round(times[Math.floor(times.length * 0.99)] ?? 0),
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

/** A replica was killed while it had the event: it may have published it, and can't have said so. */
function wasInHand(tries: readonly Attempt[], faults: readonly Fault[]): boolean {
  return faults.some(
    ({ kind, replica, from }) =>
      kind === 'kill' && tries.some((each) => each.replica === replica && each.from <= from && from <= each.to),
  );
}

/** Redis has lost what it knew after the event had come, and before it came again. */
function wasForgotten(tries: readonly Attempt[], faults: readonly Fault[]): boolean {
  return faults.some(
    ({ lost = false, from, to }) =>
      lost && tries.some((each) => each.from <= to) && tries.some((each) => each.to >= from),
  );
}
