/**
 * What the gateway costs while it has nothing to do, and until it is ready. Usage: npm run build && npm run bench:idle
 * [-- --json] [--rounds 5] [--seconds 20]. Start-up is CPU beside wall time: on a machine where others work, only CPU says much.
 */
import { mkdirSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startBenchKafka } from './broker.js';
import { type GatewayOptions, isInstalled, type Running, startGateway } from './contestants.js';
import { launch, pinOthers, processArgs, scratch, transpile } from './launch.js';
import { describeMachine, findDoubts, formatReport } from './machine.js';
import { median } from './measure.js';
import { findTree, readCpuSeconds, readMemory } from './process-tree.js';
import { formatTable, round } from './rows.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '20' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
/** Milliseconds until a new process has come to rest. */
const settling = 5_000;

interface Start {
  readonly name: string;
  /** Milliseconds. */
  readonly wall: number;
  readonly cpu: number;
}

interface Idle {
  readonly name: string;
  /** Per cent of one core. */
  readonly cpu: number;
  /** MiB. */
  readonly rssMb: number;
}

interface Kind {
  readonly name: string;
  readonly options: GatewayOptions & { readonly embedded?: true };
}

const kinds: readonly Kind[] = [
  { name: 'gateway, embedded', options: { embedded: true } },
  { name: 'gateway, Kafka', options: {} },
];

/** As a user has them: the second worker is what a worker costs more. */
function withWorkers(kinds: readonly Kind[]): Kind[] {
  const [first] = kinds;
  if (first === undefined) return [];
  return [...kinds, { name: 'gateway, embedded, 2 workers', options: { ...first.options, workers: 2 } }];
}

/** From spawn until the work has been done; what it started stays for a moment and is then ended. */
async function timeStart(name: string, start: () => Promise<Pick<Running, 'server' | 'stop'>>): Promise<Start> {
  const begin = performance.now();
  const { server, stop } = await start();
  const wall = performance.now() - begin;
  const cpu = readCpuSeconds(findTree(server.pid)) * 1000;
  await stop();
  return { name, wall, cpu };
}

async function bare(...args: string[]): Promise<Pick<Running, 'server' | 'stop'>> {
  const server = await launch(args, { log: `${scratch}start.log` });
  return { server, stop: () => server.stop() };
}

const nothing = `process.stdout.write('{}\\n'); setInterval(() => undefined, 1000)`;
const threeEndpoints = [1, 2, 3]
  .map((n) => `{ provider: stripe, name: stripe-${n}, path: /in/${n}, secrets: [{ name: bench, env: BENCH_SECRET }] }`)
  .join(', ');

async function measureStarts(broker: string, kinds: readonly Kind[]): Promise<Start[]> {
  const starts: (() => Promise<Start>)[] = [() => timeStart('node -e 0', () => bare('-e', nothing))];
  for (const client of ['kafkajs', 'platformatic']) {
    if (client === 'platformatic' && !isInstalled('@platformatic/kafka')) continue;
    starts.push(() => timeStart(`node, ${client} connected`, () => bare(...processArgs('connect', client, broker))));
  }
  for (const { name, options } of kinds) {
    const at = options.embedded ? undefined : broker;
    const endpoints = `[${threeEndpoints}]`;
    starts.push(() => timeStart(name, () => startGateway(at, { ...options, endpoints })));
  }
  const samples: Start[] = [];
  for (let round = 0; round < rounds; round++) for (const start of starts) samples.push(await start());
  return [...new Set(samples.map(({ name }) => name))].map((name) => {
    const all = samples.filter((sample) => sample.name === name);
    return { name, wall: median(all.map(({ wall }) => wall)), cpu: median(all.map(({ cpu }) => cpu)) };
  });
}

/** All at the same time: they do nothing. */
async function measureIdle(broker: string, kinds: readonly Kind[]): Promise<Idle[]> {
  const running: { name: string; gateway: Running }[] = [];
  for (const { name, options } of kinds) {
    running.push({ name, gateway: await startGateway(options.embedded ? undefined : broker, options) });
  }
  await delay(settling);
  const trees = running.map(({ name, gateway }) => ({ name, pids: findTree(gateway.server.pid) }));
  const before = trees.map(({ pids }) => readCpuSeconds(pids));
  await delay(seconds * 1000);
  const figures = trees.map(({ name, pids }, index) => ({
    name,
    cpu: ((readCpuSeconds(pids) - (before[index] ?? 0)) / seconds) * 100,
    rssMb: readMemory(pids, 'VmRSS'),
  }));
  for (const { gateway } of running) await gateway.stop();
  return figures;
}

const machine = describeMachine();
mkdirSync(scratch, { recursive: true });
openSync(`${scratch}start.log`, 'w');
transpile();
pinOthers();
const kafka = await startBenchKafka();
const starts = await measureStarts(kafka.address, kinds);
const idle = await measureIdle(kafka.address, withWorkers(kinds));
await kafka.stop();
const doubts = findDoubts(machine);
const tables = [
  formatTable([
    ['until ready', 'CPU ms', '÷ node -e 0', 'wall ms', '÷ node -e 0'],
    ...starts.map(({ name, cpu, wall }) => [
      name,
      String(Math.round(cpu)),
      (cpu / (starts[0]?.cpu ?? 1)).toFixed(1),
      String(Math.round(wall)),
      (wall / (starts[0]?.wall ?? 1)).toFixed(1),
    ]),
  ]),
  formatTable([
    [`idle for ${seconds} s`, '% of a core', 'MiB'],
    ...idle.map(({ name, cpu, rssMb }) => [name, cpu.toFixed(2), String(round(rssMb))]),
  ]),
];
const report = formatReport(machine, tables, doubts);
(values.json ? process.stderr : process.stdout).write(report);
if (values.json) process.stdout.write(`${JSON.stringify({ machine, doubts, starts, idle, report })}\n`);
