import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Cli, makeDirectory } from '../e2e/cli.js';
import { findFreePorts } from '../support/kafka.js';
import { prepareSetup } from './setup.js';

export interface ProofOptions {
  readonly brokers: readonly string[];
  readonly replicationFactor: number;
  readonly topicPrefix: string;
  readonly merchants: number;
  readonly events: number;
  readonly seed: number;
  readonly workers: number;
  /** While events are sent, as soon as so many are taken: what happens to Kafka then. */
  readonly disturbances: readonly { readonly after: number; disturb(): Promise<void> }[];
  readonly say?: (line: string) => void;
}

export interface Proof {
  readonly played: Counts;
  readonly checked: Counts;
  readonly seconds: { readonly played: number; readonly drained: number; readonly checked: number };
}

type Counts = { readonly [name: string]: unknown };

/** Seconds in which payments begin, on the clock of the simulation. */
const duration = 3_600;

/**
 * Plays traffic of many merchants of all providers with all faults against the built gateway and a real Kafka, disturbs Kafka
 * meanwhile, and lets `gateway simulate check` look for every record. Throws an `Error` with what was printed where a command fails.
 */
export async function proveScenarios(options: ProofOptions): Promise<Proof> {
  const [front = 0, back = 0] = await findFreePorts(2);
  const { config, environment } = await prepareSetup({ ...options, ports: { front, back } });
  const directory = makeDirectory({ 'gateway.yaml': config });
  const file = join(directory.path, 'gateway.yaml');
  const run = (args: readonly string[]) => new Cli(directory.path, [...args, '--config', file], environment);
  const gateway = new Cli(directory.path, ['start', file], environment);
  const admin = `http://127.0.0.1:${back}`;
  try {
    await gateway.says(/"url":"([^"]+)"/);
    const begun = performance.now();
    const simulator = run(['simulate', 'scenario', ...trafficFlags(options), '--expect', 'expected.jsonl', '--json']);
    const disturbed = disturb(admin, options);
    const played = await report(simulator);
    await disturbed;
    const sent = performance.now();
    options.say?.(`played ${JSON.stringify(played)}`);
    await awaitDrained(admin);
    const drained = performance.now();
    const checked = await report(run(['simulate', 'check', 'expected.jsonl', '--json']));
    return {
      played,
      checked,
      seconds: {
        played: toSeconds(sent - begun),
        drained: toSeconds(drained - sent),
        checked: toSeconds(performance.now() - drained),
      },
    };
  } finally {
    gateway.kill('SIGTERM');
    await gateway.ended();
    directory.remove();
  }
}

function trafficFlags({ merchants, events, seed }: ProofOptions): readonly string[] {
  const rate = Math.ceil(events / duration);
  const seconds = Math.ceil(events / rate);
  return ['--merchants', merchants, '--rate', rate, '--duration', seconds, '--seed', seed, '--faults', 'all'].map(
    String,
  );
}

async function report(cli: Cli): Promise<Counts> {
  const { stdout, stderr } = await cli.ended();
  const value: unknown = stdout === '' ? undefined : JSON.parse(stdout);
  if (typeof value !== 'object' || value === null || 'error' in value) throw new Error(`${stdout}${stderr}`);
  return { ...value };
}

async function disturb(admin: string, { disturbances, say }: ProofOptions): Promise<void> {
  for (const { after, disturb: act } of disturbances) {
    while ((await readMetric(admin, 'gateway_events_total')) < after) await delay(50);
    say?.(`Kafka is disturbed after ${after} events`);
    await act();
  }
}

/** Until nothing waits for Kafka: in memory, or in the spool. */
async function awaitDrained(admin: string): Promise<void> {
  const waiting = async () =>
    (await readMetric(admin, 'gateway_queue_records')) + (await readMetric(admin, 'gateway_spool_records'));
  while ((await waiting()) > 0) await delay(100);
}

/** The sum over all labels. Throws an `Error` where the gateway does not answer. */
async function readMetric(admin: string, name: string): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

function toSeconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
