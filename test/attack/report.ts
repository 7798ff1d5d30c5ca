import { isBroken, type Verdict } from './besiege.js';

/** What was sent and came back by kind, the bounds with what was seen, and what is broken. */
export function formatVerdict({ tally, findings, seconds }: Verdict): string {
  const kinds = [...tally.answers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, statuses]) => `${kind}: ${[...statuses].map(([status, count]) => `${status} ${count}`).join(', ')}`);
  const rows = findings.map((finding) => {
    const { what, seen, most } = finding;
    return `${isBroken(finding) ? 'BROKEN' : '    ok'}  ${what}: ${write(seen)} of at most ${write(most)}`;
  });
  const faults = [...tally.honestFaults].map(([fault, count]) => `honest, not taken: ${fault} (${count})`);
  const bypasses = tally.bypasses.map(
    ({ kind, endpoint, request, answer }) => `BYPASS ${kind} ${endpoint}\n  ${request}\n  ${answer}`,
  );
  const rate = `${write(tally.sent)} hostile requests in ${Math.round(seconds)} s, ${write(tally.sent / seconds)} a second`;
  return `${[...kinds, ...bypasses, ...faults, rate, ...rows].join('\n')}\n`;
}

function write(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function summarize({ tally, findings, seconds }: Verdict, seed: number) {
  const times = tally.honestTimes.toSorted((a, b) => a - b);
  return {
    seed,
    hostile: tally.sent,
    seconds: Math.round(seconds),
    honest: tally.honestSent,
    honestTaken: tally.honestTaken,
    honestP99: Math.round(times[Math.floor(times.length * 0.99)] ?? 0),
    handshakes: tally.handshakes,
    taken: tally.taken,
    bypasses: tally.bypasses.length,
    broken: findings.filter(isBroken).map(({ what }) => what),
  };
}
