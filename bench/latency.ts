/**
 * How long an answer takes at half of the rate that the gateway can take, beside the floor with a Kafka client at the same
 * rate. Requests are sent when they are due, however long answers take. Usage: npm run build && npm run bench:latency [-- --json]
 * [--rounds 5].
 */
import { parseArgs } from 'node:util';
import { startBenchKafka } from './broker.js';
import { type Contestant, listContestants } from './contestants.js';
import { pinOthers, startLoad, transpile } from './launch.js';
import { describeMachine, findDoubts, formatReport } from './machine.js';
import { type Figures, measure, median, type Surroundings, type Windows } from './measure.js';
import { formatTable, round } from './rows.js';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } },
});
const rounds = Number(values.rounds);
const connections = 64;
const windows: Windows = { warm: 10_000, patience: 10_000, window: 3_000 };

interface Latency {
  readonly name: string;
  /** Requests per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** As fast as answered, then at the rate; `rate` absent: half of what was reached. */
async function play(
  contestant: Contestant,
  given: number | undefined,
  surroundings: Surroundings,
): Promise<{ readonly rate: number; readonly figures: Figures }> {
  const running = await contestant.start(surroundings.kafka.address);
  const peak = await measure(contestant, running, connections, windows, surroundings);
  const rate = given ?? peak.perSecond / 2;
  const figures = await measure(contestant, running, connections, { ...windows, warm: 0, rate }, surroundings);
  await running.stop();
  return { rate, figures };
}

async function compareClient(client: string, surroundings: Surroundings): Promise<Latency[]> {
  const contestants = listContestants(undefined);
  const floor = contestants.find(({ name }) => name === `floor + ${client}`);
  const gateway = contestants.find(({ name }) => name === 'gateway, Kafka');
  if (floor === undefined || gateway === undefined) return [];
  const samples = new Map<Contestant, Figures[]>();
  let rate: number | undefined;
  for (let round = 0; round < rounds; round++) {
    for (const contestant of [gateway, floor]) {
      const played = await play(contestant, rate, surroundings);
      rate ??= played.rate;
      samples.set(contestant, [...(samples.get(contestant) ?? []), played.figures]);
      process.stderr.write(
        `${contestant.name}: p99 ${played.figures.p99.toFixed(1)} ms at ${Math.round(rate)} per s\n`,
      );
    }
  }
  return [...samples].map(([{ name }, all]) => ({
    name,
    rate: Math.round(rate ?? 0),
    p50: median(all.map(({ p50 }) => p50)),
    p99: median(all.map(({ p99 }) => p99)),
    p999: median(all.map(({ p999 }) => p999)),
  }));
}

const machine = describeMachine();
transpile();
pinOthers();
const kafka = await startBenchKafka();
const load = startLoad();
const latencies: Latency[] = [];
for (const client of ['kafkajs', 'platformatic']) latencies.push(...(await compareClient(client, { kafka, load })));
load.stop();
await kafka.stop();
const lines = latencies.map(({ name, rate, p50, p99, p999 }) => [
  name,
  String(rate),
  ...[p50, p99, p999].map((each) => String(round(each))),
]);
const table = formatTable([['at half of the peak', 'per s', 'p50 ms', 'p99 ms', 'p99.9 ms'], ...lines]);
const doubts = findDoubts(machine);
const report = formatReport(machine, [table], doubts);
(values.json ? process.stderr : process.stdout).write(report);
if (values.json) process.stdout.write(`${JSON.stringify({ machine, doubts, latencies, report })}\n`);
