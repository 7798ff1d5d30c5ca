/** Runs schedules one after another, from a seed on. It is bundled: see `bundleSimulation`. */
import { parseArgs } from 'node:util';
import { addVerdict, nothingYet, type Report } from './report.js';
import { runSchedule } from './schedule.js';

/** Nobody reads where the thousands of expected errors were made. */
Error.stackTraceLimit = 0;
const progress = 10_000;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    /** Ends at the first broken promise. */
    first: { type: 'boolean', default: false },
  },
});
const from = Number(values.seed ?? values.from ?? 1);
const schedules = values.seed === undefined ? Number(values.schedules ?? 100_000) : 1;
let report: Report = nothingYet(from);
let stopped = false;
process.once('SIGINT', () => {
  stopped = true;
});
while (report.schedules < schedules && !stopped && !(values.first && report.broken > 0)) {
  const verdict = await runSchedule(report.next);
  report = addVerdict(report, verdict);
  if (verdict.broken.length > 0) process.stdout.write(`seed ${verdict.seed}: ${verdict.broken.join(', ')}\n`);
  if (report.schedules % progress === 0 && report.schedules < schedules) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
  // So that signals are heard.
  await new Promise(setImmediate);
}
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exitCode = report.broken === 0 ? 0 : 1;
