/**
 * What the shared dedupe costs a gateway: CPU for each webhook at 64 connections with and without `dedupe.redis`, in interleaved
 * rounds, and how much an event takes in Redis. Usage: npm run build && npm run bench:shared-dedupe [-- --json] [--rounds 5].
 */
import { parseArgs } from 'node:util';
import { TestRedis } from '../test/support/redis.js';
import { findTool } from '../test/support/tool.js';
import { startBenchKafka } from './broker.js';
import { startGateway } from './contestants.js';
import { pinOthers, startLoad, transpile } from './launch.js';
import { describeMachine, findDoubts, formatReport } from './machine.js';
import { type Figures, measure, median, type Surroundings, type Windows } from './measure.js';
import { formatTable, round } from './rows.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
  },
});
const rounds = Number(values.rounds);
const connections = Number(values.connections);
const windows: Windows = { warm: 10_000, patience: 10_000, window: 3_000 };
const program = findTool('redis-server');
if (program === undefined) throw new Error('redis-server is not in the PATH');

async function play(redis: string | undefined, surroundings: Surroundings): Promise<Figures> {
  const running = await startGateway(surroundings.kafka.address, redis === undefined ? {} : { redis });
  try {
    const contestant = { keeps: 'kafka' } as const;
    return await measure(contestant, running, connections, windows, surroundings);
  } finally {
    await running.stop();
  }
}

async function readMemory(redis: TestRedis): Promise<number> {
  const [, bytes = ''] = /used_memory:(\d+)/.exec(await redis.ask('INFO', 'memory')) ?? [];
  return Number(bytes);
}

const machine = describeMachine();
transpile();
pinOthers();
const kafka = await startBenchKafka();
const load = startLoad();
const redis = await TestRedis.start(program);
try {
  const samples: { readonly [name: string]: Figures[] } = { 'without Redis': [], 'with Redis': [] };
  const empty = await readMemory(redis);
  for (let turn = 0; turn < rounds; turn++) {
    for (const [name, list] of Object.entries(samples)) {
      const figures = await play(name === 'with Redis' ? redis.url : undefined, { kafka, load });
      list.push(figures);
      process.stderr.write(`${name}: ${figures.cpuUs.toFixed(1)} µs, ${Math.round(figures.perSecond)} per s\n`);
    }
  }
  const of = (name: string, pick: (figures: Figures) => number) => median((samples[name] ?? []).map(pick));
  const bytes = ((await readMemory(redis)) - empty) / Number((await redis.ask('DBSIZE')).slice(1));
  const lines = Object.keys(samples).map((name) => [
    name,
    ...[of(name, ({ cpuUs }) => cpuUs), of(name, ({ perSecond }) => perSecond)].map((each) => String(round(each))),
    ...[of(name, ({ p50 }) => p50), of(name, ({ p99 }) => p99)].map((each) => String(round(each))),
  ]);
  const cost = of('with Redis', ({ cpuUs }) => cpuUs) - of('without Redis', ({ cpuUs }) => cpuUs);
  const head = [`${connections} connections`, 'µs of CPU a webhook', 'webhooks per s', 'p50 ms', 'p99 ms'];
  const sum = `Redis costs ${cost.toFixed(1)} µs of CPU a webhook; an event takes ${bytes.toFixed(0)} bytes in it.`;
  const report = formatReport(machine, [formatTable([head, ...lines]), sum], findDoubts(machine));
  (values.json ? process.stderr : process.stdout).write(report);
  if (values.json) process.stdout.write(`${JSON.stringify({ machine, cost, bytes, samples, report })}\n`);
} finally {
  await redis.stop();
  load.stop();
  await kafka.stop();
}
