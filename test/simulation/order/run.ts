/**
 * Simulated schedules of several workers, as many as wanted: `npm run simulate-order -- --schedules 10000 --seed 1`. A broken
 * promise is printed with its seed, and `--seed` of it with `--schedules 1` replays it exactly. `--without RULE` switches a rule
 * of the workers off, to see that it is needed.
 */
import { parseArgs } from 'node:util';
import { runOrderSchedule } from './schedule.js';
import { findTampering } from './tampering.js';

const { values } = parseArgs({
  options: { schedules: { type: 'string' }, seed: { type: 'string' }, without: { type: 'string' } },
});
const schedules = Number(values.schedules ?? (values.seed === undefined ? 10_000 : 1));
const first = Number(values.seed ?? 1);
let answered = 0;
let broken = 0;
for (let seed = first; seed < first + schedules; seed++) {
  const verdict = await runOrderSchedule(seed, findTampering(values.without));
  answered += verdict.answered;
  if (verdict.broken.length === 0) continue;
  broken++;
  process.stdout.write(`seed ${seed}: ${verdict.broken.slice(0, 5).join(', ')}\n`);
}
process.stdout.write(`${JSON.stringify({ schedules, answered, broken, seed: first })}\n`);
process.exitCode = broken === 0 ? 0 : 1;
