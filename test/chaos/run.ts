/**
 * The gateway under faults, on a Kafka of three brokers: what it acknowledged must be there, once and in order. docs/chaos.md tells
 * what each fault is. Usage:
 *   npm run chaos -- [--minutes 10] [--seed 1] [--rate 100]      faults drawn from the seed
 *                [--faults delete-topic,limit-size]            only these of them
 *   npm run chaos -- --rolling [--minutes 10] [--seed 1]         two gateways behind a proxy, restarted in turn
 *   npm run chaos -- --kill-gateway 200 [--seed 1]               so many crashes of the gateway
 *   npm run chaos -- --stop-gateway 100 [--seed 1]               so many SIGTERMs, each while Kafka is unavailable
 *   npm run chaos -- --outage 10m [--rate 500]                   Kafka away for so long
 *   npm run chaos -- --replicas 3 [--minutes 10] [--seed 1]      so many gateways that share a Redis, which fails over
 * `--workers N`: with so many; `--compression gzip`; `--login oauthbearer`: with a token, in sessions of three seconds.
 * The last two lines are a row for the table of docs/chaos.md, and JSON; the exit code is 1 where a promise was broken.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { parseDuration } from '../../src/util/duration.js';
import { findTool } from '../support/tool.js';
import { playKills, playOutage, playSchedule, type Run, runScene } from './chaos.js';
import { canUnshare } from './gateway-process.js';
import { createRandom } from './random.js';
import { runReplicas } from './replicas/play.js';
import { drawReplicaSchedule, replicaFaultKinds } from './replicas/schedule.js';
import { replicaTableHead, replicaTableRow } from './replicas/table.js';
import { playRolling } from './rolling.js';
import { describeFault, drawSchedule, type Fault, faultKinds } from './schedule.js';
import { canMount, type KafkaChoice } from './site.js';
import { playStops } from './stops.js';
import { tableHead, tableRow } from './table.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    rate: { type: 'string', default: '100' },
    workers: { type: 'string' },
    replicas: { type: 'string' },
    compression: { type: 'string', default: 'none' },
    login: { type: 'string', default: 'scram-sha-512' },
    faults: { type: 'string' },
    'kill-gateway': { type: 'string' },
    'stop-gateway': { type: 'string' },
    outage: { type: 'string' },
    rolling: { type: 'boolean', default: false },
  },
});
interface Result {
  readonly summary: object;
  readonly kept: boolean;
  readonly table: string;
}

const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const start = Date.now();
const minutes = Number(values.minutes);
const kafka: KafkaChoice = {
  compression: oneOf('compression', ['none', 'gzip', 'zstd']),
  login: oneOf('login', ['scram-sha-512', 'oauthbearer']),
};
const workers = Number(values.workers ?? (values.replicas === undefined ? 2 : 1));
const common = { ...kafka, workers, rate: Number(values.rate), keys: 200, connections: 50 };

function say(text: string): void {
  process.stdout.write(`${((Date.now() - start) / 1000).toFixed(1).padStart(7)} ${text}\n`);
}

function choose(): Pick<Run, 'options' | 'play'> {
  if (values['kill-gateway'] !== undefined) {
    return { options: { ...common, ownDisk: false }, play: playKills(seed, Number(values['kill-gateway'])) };
  }
  if (values['stop-gateway'] !== undefined) {
    return { options: { ...common, ownDisk: false }, play: playStops(seed, Number(values['stop-gateway'])) };
  }
  if (values.outage !== undefined) {
    return { options: { ...common, ownDisk: false }, play: playOutage(parseDuration(values.outage) / 1000) };
  }
  if (values.rolling) {
    return { options: { ...common, ownDisk: false, proxied: true }, play: playRolling(seed, minutes) };
  }
  const ownDisk = canMount();
  const namespaces = canUnshare();
  if (!ownDisk) say('no fill-disk and no unmount: a file system for the spool alone takes root');
  if (!namespaces) say('no second-gateway: a PID namespace takes root, and a container may forbid it');
  const drawn = drawSchedule(createRandom(seed), minutes, chooseKinds(faultKinds));
  const schedule = drawn.filter(({ fault }) => isPossible(fault, ownDisk, namespaces));
  for (const [index, { pause, fault }] of schedule.entries())
    say(`${index + 1}. after ${pause} s: ${describeFault(fault)}`);
  return { options: { ...common, ownDisk }, play: playSchedule(schedule, minutes) };
}

function chooseKinds<Kind extends string>(all: readonly Kind[]): readonly Kind[] {
  const names: readonly string[] = values.faults?.split(',') ?? all;
  const unknown = names.find((name) => !all.some((kind) => kind === name));
  if (unknown !== undefined) throw new Error(`--faults: there is no ${unknown}; there are ${all.join(', ')}`);
  return all.filter((kind) => names.includes(kind));
}

function oneOf<Value extends string>(name: 'compression' | 'login', all: readonly [Value, ...Value[]]): Value {
  const found = all.find((each) => each === values[name]);
  if (found === undefined) throw new Error(`--${name}: there are ${all.join(', ')}`);
  return found;
}

async function playReplicas(replicas: number): Promise<Result> {
  const redisServer = findTool('redis-server');
  if (redisServer === undefined) throw new Error('redis-server is not in the PATH');
  const { connections: _, ...options } = { ...common, redisServer, replicas };
  const schedule = drawReplicaSchedule(createRandom(seed), minutes, replicas, chooseKinds(replicaFaultKinds));
  const { summary, kept } = await runReplicas({ options, seed, minutes, schedule, say });
  return { summary, kept, table: `${replicaTableHead}\n${replicaTableRow(summary)}` };
}

async function playOne(): Promise<Result> {
  const { summary, kept } = await runScene({ ...choose(), seed, minutes, say });
  return { summary, kept, table: `${tableHead}\n${tableRow(summary)}` };
}

/** Of a schedule that is the same on every machine, what can be done on this one. */
function isPossible(fault: Fault, ownDisk: boolean, namespaces: boolean): boolean {
  const { kind } = fault;
  if (kind === 'fill-disk' || kind === 'unmount') return ownDisk;
  if (kind === 'second-gateway') return namespaces;
  if (common.workers > 1) return true;
  const ofWorker =
    ('crash' in fault && fault.crash === 'worker') || (kind === 'kill-in-drain' && fault.what === 'worker');
  return kind !== 'kill-worker' && kind !== 'hang-worker' && !ofWorker;
}

say(`seed ${seed}`);
// What a client or a timer leaves behind does not end a run of an hour, but it counts.
let strays = 0;
process.on('unhandledRejection', (error) => {
  strays++;
  say(`TROUBLE: nobody waited for this: ${error}`);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
try {
  const replicas = values.replicas;
  const { summary, kept, table } = await (replicas === undefined ? playOne() : playReplicas(Number(replicas)));
  process.stdout.write(`${table}\n${JSON.stringify(summary)}\n`);
  process.exitCode = kept && strays === 0 ? 0 : 1;
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: String(error), seed })}\n`);
  process.exitCode = 1;
}
// A connection or a timer that was given up must not keep the run alive.
process.exit();
