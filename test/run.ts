import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findLibs } from './support/kafka/libs.js';
import { explainMissingKafka } from './support/kafka.js';

/** Test files that run in one process of mocha, one after the other. */
interface Part {
  readonly name: string;
  readonly files: readonly string[];
}

interface Outcome {
  readonly name: string;
  readonly output: string;
  readonly passed: boolean;
}

const alone = 'alone';

/** These judge how soon the gateway answers, or how much it takes: nothing runs beside them. */
const judgesSpeed: ReadonlySet<string> = new Set([
  'test/integration/overload.test.ts',
  'test/integration/slow-senders.test.ts',
  'test/e2e/attack.test.ts',
  'test/e2e/bench.test.ts',
]);

/** helm, which it needs, may be built meanwhile: see `.ci/run`. */
const last = 'chart';

/** What takes longest starts first. */
const longestFirst = ['integration', 'e2e', 'integration/publish', 'unit', 'integration/gateway', 'docs'];

/** A folder is a part; those within `integration` and `e2e` are parts of their own. */
function choosePart(file: string): string {
  if (judgesSpeed.has(file)) return alone;
  if (file === 'test/e2e/chart.test.ts') return last;
  const [, folder = '', ...rest] = file.split('/');
  return ['integration', 'e2e'].includes(folder) && rest.length > 1 ? `${folder}/${rest[0]}` : folder;
}

/** Every test file of the project is in one part. */
function findParts(): Part[] {
  const parts = new Map<string, string[]>();
  const names = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
  for (const file of names.map((name) => join('test', name)).sort()) {
    const part = choosePart(file);
    parts.set(part, [...(parts.get(part) ?? []), file]);
  }
  const order = [...longestFirst, last];
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : 0);
  return [...parts].map(([name, files]) => ({ name, files })).sort((a, b) => rank(a.name) - rank(b.name));
}

/** What mocha prints is kept until it ends, so that what parts print does not mix; of a part that failed, until all have ended. */
function runPart({ name, files }: Part): Promise<Outcome> {
  const start = performance.now();
  const sinceStart = () => Math.round((performance.now() - start) / 1000);
  const args = ['node_modules/mocha/bin/mocha.js', '--config', '.mocharc.all.json', ...files];
  process.stdout.write(`${name}: started\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      const outcome = { name, passed: code === 0, output: Buffer.concat(chunks).toString() };
      process.stdout.write(`${name}: ${outcome.passed ? 'passed' : 'FAILED'} after ${sinceStart()} s\n`);
      if (outcome.passed) print(outcome);
      resolve(outcome);
    });
  });
}

function print({ name, output }: Outcome): void {
  process.stdout.write(`\n===== ${name} =====\n${output}\n`);
}

/** One part more at once than there are processors, since they wait for much; then those that run alone. */
async function runAll(): Promise<readonly Outcome[]> {
  const parts = findParts();
  const outcomes: Outcome[] = [];
  const waiting = parts.filter(({ name }) => name !== alone);
  async function work(): Promise<void> {
    for (let part = waiting.shift(); part; part = waiting.shift()) outcomes.push(await runPart(part));
  }
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, work));
  for (const part of parts.filter(({ name }) => name === alone)) outcomes.push(await runPart(part));
  return outcomes;
}

// Here, before several parts would do it at the same time.
if (!process.env.KAFKA_BOOTSTRAP_SERVERS && explainMissingKafka() === undefined) await findLibs();
const failed = (await runAll()).filter(({ passed }) => !passed);
for (const outcome of failed) print(outcome);
if (failed.length > 0) process.exitCode = 1;
