import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startCluster } from '../support/kafka/cluster.js';
import { proveScenarios } from './prove.js';

/**
 * `npm run scenario-proof -- --events 100000 --merchants 1000`: payments of nine providers with all faults, while each of three
 * brokers in turn is killed and started again; then every record must be there once, in order.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    merchants: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
  },
});
/** Milliseconds for which a broker is away. */
const away = 5_000;

const dir = await mkdtemp(join(tmpdir(), 'gateway-scenarios-'));
const cluster = await startCluster(dir);
try {
  const events = Number(values.events);
  const proof = await proveScenarios({
    brokers: cluster.brokers,
    replicationFactor: 3,
    topicPrefix: 'scenarios.',
    events,
    merchants: Number(values.merchants),
    seed: Number(values.seed),
    workers: Number(values.workers),
    disturbances: cluster.nodes.map((node, index) => ({
      after: Math.floor((events * (index + 1)) / 5),
      async disturb() {
        await node.kill();
        await delay(away);
        await node.start();
      },
    })),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(proof)}\n`);
  const { missing, twice, misplaced, outOfOrder } = proof.checked;
  if ([missing, twice, misplaced, outOfOrder].some((count) => count !== 0)) process.exitCode = 1;
} finally {
  await cluster.stop();
  await rm(dir, { recursive: true, force: true });
}
