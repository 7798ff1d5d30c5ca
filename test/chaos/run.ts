/**
 * The gateway under faults, on a Kafka of three brokers: what it acknowledged must be there, once and in order. Usage:
 *   npm run chaos -- [--minutes 10] [--seed 1] [--rate 100]      faults drawn from the seed
 *                [--faults delete-topic,limit-size]            only these of them
 *   npm run chaos -- --kill-gateway 200 [--seed 1]               so many crashes of the gateway
 *   npm run chaos -- --stop-gateway 100 [--seed 1]               so many SIGTERMs, each while Kafka is away
 *   npm run chaos -- --outage 10m [--rate 500]                   Kafka away for so long
 * `--client platformatic`: with that Kafka client; `--workers N`: with so many.
 * The last line is JSON; the exit code is 1 where a promise was broken.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { parseDuration } from '../../src/signature/timestamp.js';
import { playKills, playOutage, playSchedule, type Run, runScene } from './chaos.js';
import { createRandom } from './random.js';
import { canMount } from './scene.js';
import { describeFault, drawSchedule, type Fault } from './schedule.js';
import { playStops } from './stops.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    rate: { type: 'string', default: '100' },
    workers: { type: 'string', default: '2' },
    faults: { type: 'string' },
    client: { type: 'string', default: 'kafkajs' },
    'kill-gateway': { type: 'string' },
    'stop-gateway': { type: 'string' },
    outage: { type: 'string' },
  },
});
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const start = Date.now();
const { client, rate, workers } = values;
const common = { client, workers: Number(workers), rate: Number(rate), keys: 200, connections: 50 };

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
  const ownDisk = canMount();
  if (!ownDisk) say('no full disk: a file system for the spool alone takes root');
  const minutes = Number(values.minutes);
  const drawn = drawSchedule(createRandom(seed), minutes);
  const schedule = drawn.filter(({ fault }) => isPossible(fault, ownDisk));
  for (const [index, { pause, fault }] of schedule.entries())
    say(`${index + 1}. after ${pause} s: ${describeFault(fault)}`);
  return { options: { ...common, ownDisk }, play: playSchedule(schedule, minutes) };
}

function isPossible({ kind }: Fault, ownDisk: boolean): boolean {
  if (values.faults !== undefined && !values.faults.split(',').includes(kind)) return false;
  if (kind === 'fill-disk') return ownDisk;
  return common.workers > 1 || (kind !== 'kill-worker' && kind !== 'hang-worker');
}

say(`seed ${seed}`);
try {
  const { summary, kept } = await runScene({ ...choose(), seed, say });
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  process.exitCode = kept ? 0 : 1;
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: String(error), seed })}\n`);
  process.exitCode = 1;
}
// A connection or a timer that was given up must not keep the run alive.
process.exit();
