import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.js';
import type { GatewaySettings } from '../../src/config/settings.js';
import { createDirectPublisher } from '../../src/publish/create.js';
import { readEnds, readTopics } from '../../src/publish/read.js';
import { Cli, makeDirectory, plugins } from '../e2e/cli.js';
import { type Kind, kindOf, makeLetter, secret } from './letters.js';

export interface ProofOptions {
  readonly brokers: readonly string[];
  /** Of the topics, which nobody else may have. */
  readonly prefix: string;
  readonly letters: number;
  /** After what part of the events the replay is killed, each time: 0.5 is half-way. */
  readonly kills: readonly number[];
  readonly say?: (line: string) => void;
}

export interface Proof {
  /** Events that had to be published, those that are in no topic, and those that are there more than once. */
  readonly expected: number;
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  /** Events that nobody expected. */
  readonly strange: readonly string[];
  /** What was in the topics when each kill came. */
  readonly killedAt: readonly number[];
  /** Letters that were in doubt after the last kill. */
  readonly resumed: number;
  /** What the last run says of what is rejected again. */
  readonly failing: { readonly [reason: string]: number };
  /** Letters that `dlq list` still has. */
  readonly left: number;
  readonly seconds: number;
}

/** Fills a dead letter topic, has the command line replay it, kills it with SIGKILL, runs it again, and reads what is in Kafka. */
export async function proveReplay({
  brokers,
  prefix,
  letters,
  kills,
  say = () => undefined,
}: ProofOptions): Promise<Proof> {
  const directory = makeDirectory({ 'config/gateway.yaml': config(brokers, prefix) });
  const file = join(directory.path, 'config/gateway.yaml');
  const { settings } = await loadConfig(file, { SECRET: secret }, Date.now());
  if (settings === undefined) throw new Error('the configuration of the proof has a fault');
  try {
    await seed(settings, letters);
    say(`${letters} dead letters written`);
    const started = performance.now();
    const killedAt: number[] = [];
    for (const part of kills) {
      const run = replay(directory.path);
      const early = run.ended().then(({ stdout, stderr }) => {
        throw new Error(`it ended before it could be killed: ${stdout}${stderr}`);
      });
      early.catch(() => undefined);
      await Promise.race([untilPublished(settings, letters * part), early]);
      run.kill('SIGKILL');
      await run.ended();
      killedAt.push(await countRecords(settings));
      say(`killed at ${killedAt.at(-1)} records, ${seconds(started)} s`);
    }
    const last = await replay(directory.path).ended();
    say(`ended, ${seconds(started)} s: ${last.stdout.length < 2000 ? last.stdout : ''}`);
    if (last.code !== 1) throw new Error(`the last run ended with ${last.code}: ${last.stdout}${last.stderr}`);
    const tally: { resumed: number; failing: { reason: string }[] } = JSON.parse(last.stdout);
    const list = await new Cli(directory.path, ['dlq', 'list', '--json'], { SECRET: secret }).ended();
    const failing: { [reason: string]: number } = {};
    for (const { reason } of tally.failing) failing[reason] = (failing[reason] ?? 0) + 1;
    const { total: left }: { total: number } = JSON.parse(list.stdout);
    return {
      ...(await compare(settings, letters)),
      killedAt,
      resumed: tally.resumed,
      failing,
      left,
      seconds: seconds(started),
    };
  } finally {
    directory.remove();
  }
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 100) / 10;
}

function replay(cwd: string): Cli {
  return new Cli(cwd, ['dlq', 'replay', '--unverified', '--json'], { SECRET: secret });
}

function config(brokers: readonly string[], prefix: string): string {
  return `version: 1
plugins: ${plugins}
kafka: { brokers: "${brokers.join(',')}", clientId: ${prefix}, topics: { create: missing, partitions: 6, replicationFactor: 1 } }
spool: { dir: ../data/spool }
dedupe: { dir: ../data/dedupe }
deadLetter: { topic: ${prefix}.dlq }
endpoints:
  - provider: stripe
    path: /webhooks/stripe
    secrets: [{ name: current, env: SECRET }]
    routes: [{ events: ["charge.*"], topic: ${prefix}.charge, key: data.object.id }]
`;
}

async function seed(settings: GatewaySettings, letters: number): Promise<void> {
  const { publisher: way, deadLetter, endpoints } = settings;
  const [endpoint] = endpoints;
  if (endpoint === undefined) throw new Error('no endpoint');
  const topics = [deadLetter.topic, ...endpoint.routes.slice(0, 1).map(({ topic }) => topic)];
  const publisher = await createDirectPublisher(way, { topics, largest: settings.limits.body, log: () => undefined });
  const start = Date.now() - 2 * 86_400_000;
  try {
    for (let from = 0; from < letters; from += 1_000) {
      const count = Math.min(1_000, letters - from);
      const made = Array.from({ length: count }, (_, n) => makeLetter(deadLetter.topic, endpoint, from + n, start));
      await Promise.all(made.map(({ record }) => publisher.publish(record)));
    }
  } finally {
    await publisher.close();
  }
}

function target({ endpoints }: GatewaySettings): string {
  return endpoints[0]?.routes[0]?.topic ?? '';
}

async function countRecords(settings: GatewaySettings): Promise<number> {
  const ends = await readEnds(settings.publisher, [target(settings)]);
  let sum = 0;
  for (const offset of ends.get(target(settings))?.values() ?? []) sum += Number(offset);
  return sum;
}

/** Polls: nothing announces it. */
async function untilPublished(settings: GatewaySettings, count: number): Promise<void> {
  while ((await countRecords(settings)) < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function compare(
  settings: GatewaySettings,
  letters: number,
): Promise<Pick<Proof, 'expected' | 'lost' | 'twice' | 'strange'>> {
  const published: readonly Kind[] = ['good', 'unproven'];
  const counts = new Map<string, number>();
  for (let index = 0; index < letters; index++) if (published.includes(kindOf(index))) counts.set(`evt_${index}`, 0);
  const strange: string[] = [];
  const all = readTopics(settings.publisher, [target(settings)], { from: 'beginning', until: 'end' });
  for await (const { headers } of all) {
    const id = headers.ce_id ?? '';
    const count = counts.get(id);
    if (count === undefined) strange.push(id);
    else counts.set(id, count + 1);
  }
  const entries = [...counts];
  return {
    expected: counts.size,
    lost: entries.filter(([, count]) => count === 0).map(([id]) => id),
    twice: entries.filter(([, count]) => count > 1).map(([id]) => id),
    strange,
  };
}
