/**
 * Simulated schedules of faults, as many as wanted: `npm run simulate-faults -- --schedules 100000 --seed 1`. A broken promise
 * is printed with its seed, and `--seed` of it with `--schedules 1` replays it exactly.
 */
import { parseArgs } from 'node:util';
import { runSchedule } from './schedule.js';

const { values } = parseArgs({ options: { schedules: { type: 'string' }, seed: { type: 'string' } } });
const schedules = Number(values.schedules ?? (values.seed === undefined ? 100_000 : 1));
const first = Number(values.seed ?? 1);
let acknowledged = 0;
let duplicates = 0;
let late = 0;
let repeated = 0;
let resumed = 0;
let doubts = 0;
let broken = 0;
for (let seed = first; seed < first + schedules; seed++) {
  const verdict = await runSchedule(seed);
  acknowledged += verdict.acknowledged;
  duplicates += verdict.duplicates;
  late += verdict.late;
  repeated += verdict.repeated;
  resumed += verdict.resumed;
  doubts += verdict.doubts;
  if (verdict.broken.length === 0) continue;
  broken++;
  process.stdout.write(`seed ${seed}: ${verdict.broken.join(', ')}\n`);
}
process.stdout.write(
  `${JSON.stringify({ schedules, acknowledged, duplicates, late, repeated, resumed, doubts, broken, seed: first })}\n`,
);
process.exitCode = broken === 0 ? 0 : 1;
