/**
 * Thousands of slow connections against the gateway, and honest webhooks meanwhile. Exit code 1 if one of those is refused, or if
 * their 99th percentile is over 100 ms. Usage: npm run build && npm run slow-senders [-- --connections 2000] [--seconds 10].
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { configOf, start, untilReady } from '../e2e/running.js';
import { stripeRequest } from '../e2e/stripe.js';
import { measureHonest, postOnce, type SlowSenders, spawnSlowSenders } from './senders.js';

/** Milliseconds. */
const longest = 100;

const { values } = parseArgs({
  options: { connections: { type: 'string', default: '2000' }, seconds: { type: 'string', default: '10' } },
});
const connections = Number(values.connections);
const attacks: { readonly [name: string]: Omit<SlowSenders, 'url' | 'path'> | undefined } = {
  'nobody slow': undefined,
  'heads without a body, of one address': { connections, addresses: 1, bytes: 0 },
  'heads without a body, of 200 addresses': { connections, addresses: 200, bytes: 0 },
  'bodies of nearly 1 MiB, of one address': { connections: connections / 10, addresses: 1, bytes: 1_048_575 },
  'bodies of nearly 1 MiB, of 200 addresses': { connections: connections / 10, addresses: 200, bytes: 1_048_575 },
};

const gateway = await start(configOf(1));
await untilReady(gateway.adminUrl, ({ status }) => status === 'ready');
let sent = 0;
let bad = false;

/** Seconds that the gateway has used; Linux counts them in hundredths. */
function readCpu(): number {
  const [user = 0, system = 0] =
    readFileSync(`/proc/${gateway.pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13).map(Number) ?? [];
  return (user + system) / 100;
}

async function measure(what: string): Promise<void> {
  const send = () => {
    const { head, body } = stripeRequest(`evt_${sent++}`);
    return postOnce(gateway.url, head, body);
  };
  const [cpu, start] = [readCpu(), performance.now()];
  const measured = await measureHonest(send, { duration: Number(values.seconds) * 1000, pause: 10 });
  const load = Math.round((100_000 * (readCpu() - cpu)) / (performance.now() - start));
  process.stdout.write(`${what}: ${JSON.stringify({ ...measured, 'CPU of the gateway, % of a core': load })}\n`);
  if (measured.p99 > longest || Object.keys(measured.answers).join() !== '200') bad = true;
}

await measure('to get warm');
bad = false;
for (const [name, attack] of Object.entries(attacks)) {
  const stop = attack && spawnSlowSenders({ url: gateway.url, path: '/webhooks/stripe', ...attack });
  await measure(name);
  stop?.();
}
gateway.cli.kill('SIGTERM');
await gateway.cli.ended();
gateway.directory.remove();
process.exit(bad ? 1 : 0);
