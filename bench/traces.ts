/**
 * What tracing costs a Stripe event of 3 KB: CPU of the pipeline without tracing, with 1 % of the deliveries sampled, and with
 * all; medians of interleaved rounds. A collector in this process takes what is exported, and its work counts, too.
 * Usage: npm run bench:traces [-- --json].
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { handle } from '../src/core/pipeline.js';
import { Traces } from '../src/server/telemetry/traces.js';
import { compare, loadEndpoint, ports, signDelivery } from './in-process.js';
import { describeMachine, formatReport } from './machine.js';
import { formatTable, round } from './rows.js';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const example = new URL('../plugins/stripe/examples/charge.refunded.json', import.meta.url);
const { payload }: { payload: unknown } = JSON.parse(readFileSync(example, 'utf8'));
const endpoint = await loadEndpoint('stripe');
const delivery = signDelivery(endpoint, payload);
const server = createServer((request, response) => request.resume().on('end', () => response.end('{}')));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
const port = typeof address === 'object' && address ? address.port : 0;

async function startTraces(sampling: number): Promise<Traces> {
  const traces = new Traces({ scheme: 'http', system: 'kafka', log: () => undefined });
  const resource = { 'service.name': 'bench' };
  await traces.adapt({ url: `http://127.0.0.1:${port}/v1/traces`, headers: {}, sampling, resource }, 0);
  return traces;
}

/** As `src/server/http/app.ts` has it. */
async function receive(traces: Pick<Traces, 'current'>): Promise<void> {
  const startedAt = performance.now();
  const own = { ...delivery, id: randomUUID() };
  const trace = traces.current?.begin(endpoint, own, startedAt);
  const outcome = await handle(endpoint, own, trace?.follow(ports) ?? ports);
  trace?.end(200, outcome);
}

const kinds = {
  off: { current: undefined },
  'off, again': { current: undefined },
  'sampled at 0': await startTraces(0),
  'sampled at 0.01': await startTraces(0.01),
  'sampled at 1': await startTraces(1),
};
const runs = 3_000;
const works = Object.entries(kinds).map(([name, traces]) => [name, { runs, work: () => receive(traces) }] as const);
const times = await compare(15, Object.fromEntries(works));
for (const traces of Object.values(kinds)) if (traces instanceof Traces) await traces.close(1_000);
server.closeAllConnections();
server.close();
const off = times.get('off') ?? 0;
const rows = [...times].map(([name, cpuUs]) => ({ name, cpuUs: round(cpuUs), moreUs: round(cpuUs - off) }));
const machine = describeMachine();
const lines = rows.map(({ name, cpuUs, moreUs }) => [name, String(cpuUs), String(moreUs)]);
const report = formatReport(machine, [formatTable([['tracing', 'CPU µs', 'more µs'], ...lines])], []);
(values.json ? process.stderr : process.stdout).write(report);
if (values.json) process.stdout.write(`${JSON.stringify({ machine, rows, report })}\n`);
