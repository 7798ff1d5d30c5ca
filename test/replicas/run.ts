import { parseArgs } from 'node:util';
import { endLeft } from '../e2e/cli.js';
import { startKafka } from '../support/kafka.js';
import { findTool } from '../support/tool.js';
import { type Broken, proveReplicas } from './prove.js';

/**
 * `npm run replica-proof -- --events 50000`: every event comes to two of several gateways at once, and again ten seconds later.
 * `--kill`, `--stop-redis`, `--stop-kafka` break that now and then; `--embedded` does without Kafka, `--alone` without Redis.
 * Needs `npm run build`.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    replicas: { type: 'string', default: '2' },
    later: { type: 'string', default: '10000' },
    'at-once': { type: 'string', default: '64' },
    every: { type: 'string', default: '5000' },
    kill: { type: 'boolean', default: false },
    'stop-redis': { type: 'boolean', default: false },
    'stop-kafka': { type: 'boolean', default: false },
    embedded: { type: 'boolean', default: false },
    alone: { type: 'boolean', default: false },
  },
});
const redisServer = findTool('redis-server');
if (redisServer === undefined && !values.alone) throw new Error('redis-server is not in the PATH');
const faults: Broken[] = [];
if (values.kill) faults.push('kill');
if (values['stop-redis']) faults.push('redis');
if (values['stop-kafka']) faults.push('kafka');
const kafka = values.embedded ? undefined : await startKafka();
try {
  const verdict = await proveReplicas({
    events: Number(values.events),
    replicas: Number(values.replicas),
    atOnce: Number(values['at-once']),
    apart: 50,
    later: Number(values.later),
    faults,
    every: Number(values.every),
    away: 3_000,
    ...(redisServer === undefined || values.alone ? {} : { redisServer }),
    ...(kafka !== undefined && { kafka }),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(verdict)}\n`);
  const { missing, unexplained, misplaced, outOfOrder, refused } = verdict;
  if (missing + unexplained + misplaced + outOfOrder + refused > 0) process.exitCode = 1;
} finally {
  await kafka?.stop();
  endLeft();
}
