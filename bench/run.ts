/**
 * What a webhook costs: the built gateway beside the least that its work can cost, with the same load in interleaved rounds.
 *   npm run build && npm run bench
 *   npm run bench -- --quick                       64 connections, two short rounds: under 50 s
 *   npm run bench -- --only kafkajs                the floor, and what has this in its name
 *   npm run -s bench -- --json > before.json       one JSON value on stdout; the tables go to stderr
 *   npm run bench -- --compare before.json         and how the ratios have changed
 *   npm run bench -- --cpu-prof profiles           CPU profiles of the gateway's processes (they cost some CPU themselves)
 * On a machine where others work, `nice -n -10 npm run bench` (as root) gets what it measures its time.
 *   also --rounds 5, --connections 8,64,512, --seconds 3
 * Exit code 1: something was not answered with 200, or is not in Kafka.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startBenchKafka } from './broker.js';
import { type Contestant, listContestants, type Running } from './contestants.js';
import { pinOthers, startLoad, transpile } from './launch.js';
import { describeMachine, findDoubts, formatReport } from './machine.js';
import { type Figures, measure, type Surroundings, type Windows } from './measure.js';
import { findColdRows, findFaults, formatComparison, formatRows, makeRow, type Row, type Sample } from './rows.js';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    compare: { type: 'string' },
    'cpu-prof': { type: 'string' },
    rounds: { type: 'string' },
    connections: { type: 'string' },
    seconds: { type: 'string' },
  },
});
const { quick, only } = values;
const rounds = Number(values.rounds ?? (quick ? 2 : 5));
const connections = (values.connections ?? (quick ? '64' : '8,64,512')).split(',').map(Number);
const windows: Windows = {
  warm: quick ? 5_000 : 10_000,
  patience: quick ? 2_000 : 10_000,
  window: Number(values.seconds ?? (quick ? 1 : 3)) * 1000,
};
/** Webhooks for a process that is warm, but has done nothing for a while. */
const againWarm = 500;

function say(text: string): void {
  (values.json ? process.stderr : process.stdout).write(text);
}

function choose(): Contestant[] {
  const profiles = values['cpu-prof'];
  if (profiles !== undefined) mkdirSync(profiles, { recursive: true });
  const [floor, ...others] = listContestants(profiles && resolve(profiles));
  if (floor === undefined) return [];
  const wanted = others.filter(({ name, workers }) =>
    only === undefined ? !quick || workers === 1 : name.includes(only),
  );
  return [floor, ...wanted];
}

/**
 * A row for each of them, and for the floor, which is measured again right before each other: on a machine that others share,
 * what it costs changes from minute to minute. Each round has new processes; a quick run keeps them, since starting and
 * warming up takes most of the time.
 */
async function play([floor, ...others]: readonly Contestant[], surroundings: Surroundings): Promise<Row[]> {
  if (floor === undefined) return [];
  const samples = new Map<string, Sample[]>();
  const running = new Map<Contestant, Running>();

  async function look(contestant: Contestant, count: number): Promise<Figures> {
    const warm = running.get(contestant);
    const server = warm ?? (await contestant.start(surroundings.kafka.address));
    running.set(contestant, server);
    const asked = warm === undefined ? windows : { ...windows, warm: againWarm };
    return measure(contestant, server, count, asked, surroundings);
  }
  function note({ name }: Contestant, count: number, sample: Sample): void {
    const key = `${name}/${count}`;
    samples.set(key, [...(samples.get(key) ?? []), sample]);
  }
  async function stop(contestant: Contestant): Promise<void> {
    await running.get(contestant)?.stop();
    running.delete(contestant);
  }

  for (let round = 1; round <= rounds; round++) {
    const done = !quick || round === rounds;
    for (const contestant of others) {
      for (const count of connections) {
        const least = await look(floor, count);
        const figures = await look(contestant, count);
        note(floor, count, { figures: least, floor: least });
        note(contestant, count, { figures, floor: least });
        const ratio = (figures.cpuUs / least.cpuUs).toFixed(2);
        process.stderr.write(`${round}/${rounds} ${contestant.name}, ${count}: ${ratio}\n`);
      }
      if (done) await stop(contestant);
    }
    if (done) await stop(floor);
  }
  return connections.flatMap((count) =>
    [floor, ...others].map(({ name }) => makeRow(name, count, samples.get(`${name}/${count}`) ?? [])),
  );
}

async function main(): Promise<void> {
  if (!existsSync('dist/gateway.js')) throw new Error('there is no built gateway: npm run build');
  const machine = describeMachine();
  transpile();
  pinOthers();
  const kafka = await startBenchKafka();
  const load = startLoad();
  const rows = await play(choose(), { kafka, load });
  load.stop();
  await kafka.stop();
  const doubts = [...findDoubts(machine), ...findColdRows(rows)];
  const faults = findFaults(rows);
  const report = formatReport(machine, [formatRows(rows)], [...doubts, ...faults]);
  say(`${report}\n`);
  if (values.compare !== undefined) {
    const before: { rows: Row[] } = JSON.parse(readFileSync(values.compare, 'utf8'));
    say(`${formatComparison(before.rows, rows)}\n`);
  }
  if (values.json)
    process.stdout.write(`${JSON.stringify({ machine, rounds, windows, doubts, faults, rows, report })}\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

await main();
