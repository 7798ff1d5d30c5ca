import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { bundleSimulation } from '../simulation/bundle.js';
import type { Mutant } from './mutants.js';

/** As many as `npm test` runs. */
const schedules = 3_000;
/** Seconds of CPU, and milliseconds, that one proof may take. */
const longestCpu = 60;
const longest = 600_000;

/** What a proof has found; `undefined`: nothing is wrong. */
export interface Catch {
  /** The test, or the promise that was broken. */
  readonly by: string;
  readonly seed?: number;
}

/** Runs what has to find the fault, in a copy of the project. Rejects where it could not be run to its end. */
export async function prove(copy: string, proof: Mutant['proof']): Promise<Catch | undefined> {
  return proof === 'simulation' ? simulate(copy, ['--schedules', String(schedules), '--first']) : test(copy, [proof]);
}

/** Replays schedules in a copy, and says what they have found. */
export async function simulate(copy: string, options: readonly string[]): Promise<Catch | undefined> {
  const file = await bundleSimulation(copy);
  try {
    const { stdout, stderr } = await run(copy, [file, ...options]);
    const [, seed, by] = /^seed (\d+): (.*)$/m.exec(stdout) ?? [];
    if (seed !== undefined && by !== undefined) return { by, seed: Number(seed) };
    if (!stdout.trimEnd().endsWith('}'))
      throw new Error(`the simulation did not come to its end: ${stderr.slice(-500)}`);
    return undefined;
  } finally {
    await rm(dirname(file), { recursive: true, force: true });
  }
}

/** Runs tests in a copy until one fails. */
export async function test(copy: string, files: readonly string[]): Promise<Catch | undefined> {
  const output = join(copy, 'report.json');
  await rm(output, { force: true });
  const mocha = join(copy, 'node_modules/mocha/bin/mocha.js');
  const reporter = ['--reporter', 'json', '--reporter-option', `output=${output}`];
  const { stderr } = await run(copy, [
    mocha,
    '--no-config',
    '--import=tsx/esm',
    '--timeout=30000',
    '--bail',
    '--exit',
    ...reporter,
    ...files,
  ]);
  const report: unknown = JSON.parse(await readFile(output, 'utf8').catch(() => 'null'));
  const { passes, failures } = readReport(report);
  if (failures === undefined || (passes === 0 && failures.length === 0))
    throw new Error(`the tests did not come to their end: ${stderr.slice(-500)}`);
  const [first] = failures;
  return first === undefined ? undefined : { by: first };
}

function readReport(report: unknown): { passes: number; failures?: readonly string[] } {
  if (typeof report !== 'object' || report === null) return { passes: 0 };
  const { passes, failures }: { passes?: unknown; failures?: unknown } = report;
  if (!Array.isArray(passes) || !Array.isArray(failures)) return { passes: 0 };
  const all: readonly unknown[] = failures;
  return { passes: passes.length, failures: all.map(titleOf) };
}

function titleOf(failure: unknown): string {
  return typeof failure === 'object' && failure !== null && 'fullTitle' in failure ? String(failure.fullTitle) : '';
}

/** Ends by itself after so much CPU, whatever the fault makes of it. */
async function run(cwd: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const { NODE_V8_COVERAGE: _, ...env } = process.env;
  const options = { cwd, env, timeout: longest, maxBuffer: 64 * 1024 * 1024 };
  const limited = ['-c', `ulimit -t ${longestCpu}; exec "$0" "$@"`, process.execPath, ...args];
  return promisify(execFile)('/bin/sh', limited, options).catch((error: { stdout: string; stderr: string }) => error);
}
