/**
 * What the gateway keeps in memory: before any webhook, and after each fifth of a million, when it has come to rest.
 * `npm run build && npm run bench:memory [-- --webhooks 1000000] [--json]`. Exit code 1: something was not accepted.
 */
import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startBenchKafka } from './broker.js';
import { startGateway } from './contestants.js';
import { pinOthers, scratch, startLoad, transpile } from './launch.js';
import { describeMachine, findDoubts, formatReport } from './machine.js';
import { findTree, readMemory } from './process-tree.js';
import { formatTable, round } from './rows.js';

const { values } = parseArgs({
  options: {
    webhooks: { type: 'string', default: '1000000' },
    json: { type: 'boolean', default: false },
  },
});
const wanted = Number(values.webhooks);
const steps = 5;
/** Milliseconds until a process that was busy has come to rest, and has given back what it needs no more. */
const settling = 25_000;

const machine = describeMachine();
mkdirSync(scratch, { recursive: true });
transpile();
pinOthers();
const kafka = await startBenchKafka();
const load = startLoad();
const gateway = await startGateway(kafka.address);
const pids = findTree(gateway.server.pid);
await delay(settling);
const rows = [{ webhooks: 0, rssMb: readMemory(pids, 'VmRSS') }];
const failed: { [reason: string]: number } = {};
for (let accepted = 0; rows.length <= steps; ) {
  const next = (rows.length * wanted) / steps;
  while (accepted < next) {
    const job = { url: gateway.server.said.url, pids, connections: 64, patience: 60_000, window: 1 };
    const result = await load.run({ ...job, warm: next - accepted });
    accepted += result.acceptedInAll;
    Object.assign(failed, result.failed);
  }
  await delay(settling);
  rows.push({ webhooks: accepted, rssMb: readMemory(pids, 'VmRSS') });
  process.stderr.write(`${accepted}: ${round(rows.at(-1)?.rssMb ?? 0)} MiB\n`);
}
await gateway.stop();
load.stop();
await kafka.stop();
const idle = rows[0]?.rssMb ?? 0;
const table = formatTable([
  ['webhooks', 'MiB', 'more than idle'],
  ...rows.map(({ webhooks, rssMb }) => [String(webhooks), String(round(rssMb)), String(round(rssMb - idle))]),
]);
const faults = Object.entries(failed).map(([reason, count]) => `${count} were not accepted: ${reason}`);
const report = formatReport(machine, [table], [...findDoubts(machine), ...faults]);
(values.json ? process.stderr : process.stdout).write(report);
if (values.json) process.stdout.write(`${JSON.stringify({ machine, rows, faults, report })}\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
