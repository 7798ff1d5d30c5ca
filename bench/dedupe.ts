/**
 * What the dedupe window costs: `npm run bench:dedupe`. Time for each new event and each repetition, memory after a million
 * events, the longest pause of the event loop meanwhile, and how long a start takes that finds them all.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { Fingerprint } from '../src/core/model.js';
import { openDedupe } from '../src/storage/dedupe/open.js';
import { realClock } from '../src/util/clock.js';

const { values } = parseArgs({
  options: { events: { type: 'string' }, shared: { type: 'boolean' }, by: { type: 'string' } },
});
const by = values.by === 'content' ? 'content' : 'id';
const events = Number(values.events ?? 1_000_000);
const atOnce = 100;
const dir = mkdtempSync(join(tmpdir(), 'bench-dedupe-'));
const settings = { window: 72 * 3_600_000, dir };
const options = { shared: values.shared ?? false, clock: realClock, log: complain };
const placement = { topic: 'webhooks.stripe.charge', partition: 3, offset: 123_456_789n };
const acknowledged = Promise.resolve(placement);
const publish = () => acknowledged;

/** What rules say of an event, and what its bytes are. `--by content`: a digest of its own for each. */
function eventOf(number: number): Fingerprint {
  const id = `evt_1PqXyZ2eZvKYlo${number}`;
  const digest = Buffer.alloc(32);
  digest.writeUInt32LE(Math.imul(number, 0x9e3779b1) >>> 0);
  return { endpoint: 'stripe', id, type: 'charge.refunded', digest: digest.toString('base64'), by };
}

function complain(level: string, message: string, fields: object): void {
  process.stderr.write(`${level}: ${message} ${JSON.stringify(fields)}\n`);
}

async function run(label: string): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const before = process.cpuUsage();
  let loop = 0;
  for (let n = 0; n < events; n += atOnce) {
    const batch: Promise<unknown>[] = [];
    for (let each = n; each < n + atOnce; each++) batch.push(dedupe.once(eventOf(each), publish));
    await Promise.all(batch);
    loop++;
    if (loop % 10 === 0) await new Promise(setImmediate);
  }
  const each = cpuSince(before) / events;
  say(label, `${each.toFixed(2)} µs of CPU each, longest pause ${(delay.max / 1e6).toFixed(1)} ms, RSS ${memory()}`);
}

/** Microseconds, of all threads: other processes don't count. */
function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function memory(): string {
  globalThis.gc?.();
  return `${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`;
}

function say(label: string, text: string): void {
  process.stdout.write(`${label.padEnd(12)} ${text}\n`);
}

let dedupe = await openDedupe(settings, options);
say('idle', `RSS ${memory()}`);
await run('new');
await run('repeated');
let began = process.cpuUsage();
await dedupe.close();
say('close', `${(cpuSince(began) / 1000).toFixed(0)} ms of CPU`);
began = process.cpuUsage();
dedupe = await openDedupe(settings, options);
say('start', `${(cpuSince(began) / 1000).toFixed(0)} ms of CPU, RSS ${memory()}`);
await dedupe.close();
rmSync(dir, { recursive: true });
