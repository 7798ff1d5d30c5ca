/**
 * How the cost of a webhook grows with what there is of everything. Usage: npm run build && npm run bench:growth
 * [-- --json] [--ids 5000000] [--only topics]. CPU, medians of interleaved rounds; "×" is the last divided by the first.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { listPlugins } from '../src/config/plugins/catalogue.js';
import { handle } from '../src/core/pipeline.js';
import { openDedupe } from '../src/storage/dedupe/open.js';
import { realClock } from '../src/util/clock.js';
import { startBenchKafka } from './broker.js';
import { type GatewayOptions, plugins, startGateway } from './contestants.js';
import { compare, loadEndpoint, loadEndpoints, ports, signDelivery, timeRuns } from './in-process.js';
import { pinOthers, scratch, startLoad, transpile } from './launch.js';
import { describeMachine, findDoubts, formatReport } from './machine.js';
import { type Figures, measure, median, type Surroundings, type Windows } from './measure.js';
import { adyenBatch, gocardlessBatch, stripeEvent } from './payloads.js';
import { formatTable, round } from './rows.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    ids: { type: 'string', default: '5000000' },
    only: { type: 'string', default: '' },
  },
});

/** What something costs with so much of it. */
interface Point {
  readonly of: number;
  readonly cost: number;
}

interface Growth {
  readonly what: string;
  readonly unit: string;
  readonly points: readonly Point[];
}

const rounds = 5;
const windows: Windows = { warm: 10_000, patience: 8_000, window: 3_000 };

async function growSecrets(): Promise<Growth[]> {
  const works: { [name: string]: { runs: number; work: () => unknown } } = {};
  for (const count of [1, 10, 100]) {
    const list = Array.from({ length: count }, (_, n) => `{ name: s${n}, file: ../data/${n}.secret }`);
    const endpoint = await loadEndpoint('stripe', `secrets: [${list}]`);
    const delivery = signDelivery(endpoint, stripeEvent());
    works[count] = { runs: 500, work: () => handle(endpoint, delivery, ports) };
  }
  return [await grow('secrets of the endpoint, the last fits', 'µs a webhook', works)];
}

async function growBodies(): Promise<Growth[]> {
  const endpoint = await loadEndpoint('stripe');
  const works: { [name: string]: { runs: number; work: () => unknown } } = {};
  for (const bytes of [300, 3_000, 30_000, 300_000, 1_048_576]) {
    const delivery = signDelivery(endpoint, stripeEvent(bytes));
    works[delivery.body.length] = {
      runs: Math.ceil(3_000_000 / (bytes + 3_000)),
      work: () => handle(endpoint, delivery, ports),
    };
  }
  return [await grow('bytes of the body', 'µs a webhook', works)];
}

async function growBatches(): Promise<Growth[]> {
  return [
    await growBatch('items of a batch (GoCardless)', 'gocardless', [1, 10, 50, 200], gocardlessBatch),
    // Adyen sends six at the most.
    await growBatch('items of a batch, each signed (Adyen)', 'adyen', [1, 6, 50], adyenBatch),
  ];
}

async function growBatch(
  what: string,
  plugin: string,
  counts: readonly number[],
  make: (items: number) => object,
): Promise<Growth> {
  const endpoint = await loadEndpoint(plugin);
  const works: { [name: string]: { runs: number; work: () => unknown } } = {};
  for (const items of counts) {
    const delivery = signDelivery(endpoint, make(items));
    works[items] = { runs: Math.ceil(1_000 / items), work: () => handle(endpoint, delivery, ports) };
  }
  const { points } = await grow(what, '', works);
  return { what, unit: 'µs an item', points: points.map(({ of, cost }) => ({ of, cost: cost / of })) };
}

async function grow(what: string, unit: string, works: Parameters<typeof compare>[1]): Promise<Growth> {
  const times = await compare(rounds, works);
  return { what, unit, points: [...times].map(([of, cost]) => ({ of: Number(of), cost })) };
}

/** Looking for an event that is not there, and remembering it, while so many are there. */
async function growWindow(): Promise<Growth[]> {
  const dir = mkdtempSync(join(scratch, 'window-'));
  const options = { shared: false, clock: realClock, log: () => undefined };
  const dedupe = await openDedupe({ window: 259_200_000, dir }, options);
  const published = Promise.resolve({ topic: 'webhooks.stripe.charge', partition: 0, offset: 1n });
  const most = Number(values.ids);
  const group = 10_000;
  /** Milliseconds. */
  const writing = 70;
  const times: Point[] = [];
  const memory: Point[] = [];
  let ids = 0;
  const digest = Buffer.alloc(32).toString('base64');
  const once = () =>
    dedupe.once({ endpoint: 'stripe', id: `evt_${ids++}`, type: 'charge.refunded', digest, by: 'id' }, () => published);
  async function remember(count: number): Promise<void> {
    for (const end = ids + count; ids < end; ) {
      await Promise.all(Array.from({ length: group }, once));
      // Until it is on disk; what comes faster than that is not kept.
      await delay(writing);
    }
  }
  await remember(5 * group);
  for (const goal of [0, most / 100, most / 10, most]) {
    if (goal > ids) await remember(goal - ids);
    const samples: number[] = [];
    for (let each = 0; each < rounds; each++) samples.push(await timeRuns(1, () => remember(group)));
    times.push({ of: goal, cost: median(samples) / group });
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    memory.push({ of: goal, cost: (heapUsed + arrayBuffers) / 2 ** 20 });
  }
  if (dedupe.count() !== ids) throw new Error(`the window has ${dedupe.count()} of ${ids} ids`);
  await dedupe.close();
  rmSync(dir, { recursive: true });
  return [
    { what: 'ids in the dedupe window', unit: 'µs an id', points: times },
    { what: 'ids in the dedupe window', unit: 'MiB of this process', points: memory },
  ];
}

async function growPlugins(): Promise<Growth[]> {
  const names = [...(await listPlugins([plugins])).keys()];
  const endpointOf = (name: string) =>
    `{ provider: ${name}, name: ${name}, path: /in/${name}, secrets: [{ name: dev, file: ../data/${name}.secret }] }`;
  // Some want more than a secret, such as parameters: their fault is found last, so they cost as much.
  const points: Point[] = [];
  for (const count of [4, 30, names.length]) {
    const endpoints = `[${names.slice(0, count).map(endpointOf)}]`;
    const samples: number[] = [];
    for (let each = 0; each < 3; each++) samples.push((await timeRuns(1, () => loadEndpoints(endpoints))) / 1000);
    points.push({ of: count, cost: median(samples) });
  }
  return [{ what: 'plugins in use', unit: 'ms to load the configuration', points }];
}

interface Case {
  readonly of: number;
  readonly broker?: string;
  readonly options: GatewayOptions;
  readonly more?: Partial<Windows>;
}

/** The built gateway with each of the cases, twice in turn. */
async function growGateway(what: string, cases: readonly Case[], surroundings: Surroundings): Promise<Growth[]> {
  const samples = new Map<number, Figures[]>();
  for (let each = 0; each < 2; each++) {
    for (const { of, broker, options, more } of cases) {
      const running = await startGateway(broker, options);
      const keeps = broker === undefined ? 'embedded' : 'nothing';
      const figures = await measure({ keeps }, running, 64, { ...windows, ...more }, surroundings);
      await running.stop();
      samples.set(of, [...(samples.get(of) ?? []), figures]);
      process.stderr.write(
        `${what} ${of}: ${Math.round(figures.cpuUs)} µs${figures.cold ? ', cold' : ''} ${JSON.stringify(figures.failed)}\n`,
      );
    }
  }
  const pick = (figure: (figures: Figures) => number) =>
    [...samples].map(([of, all]) => ({ of, cost: Math.min(...all.map(figure)) }));
  return [
    { what, unit: 'µs a webhook', points: pick(({ cpuUs }) => cpuUs) },
    { what, unit: 'MiB at the peak', points: pick(({ rssMb }) => rssMb) },
  ];
}

function endpointCase(count: number): Case {
  const paths = Array.from({ length: count }, (_, n) => `/in/merchant-${n}`);
  const list = paths.map(
    (path, n) => `{ provider: stripe, name: e${n}, path: ${path}, secrets: [{ name: b, env: BENCH_SECRET }] }`,
  );
  // Some of all: so many templates fit into the sender.
  const targets = paths.filter((_, n) => n % Math.ceil(count / 50) === 0);
  return { of: count, options: { endpoints: `[${list}]` }, more: { targets } };
}

function topicCase(count: number, broker: string): Case {
  const list = Array.from(
    { length: count },
    (_, n) =>
      `{ provider: stripe, name: e${n}, path: /in/${n}, secrets: [{ name: b, env: BENCH_SECRET }], routes: [{ events: ["*"], topic: bench.t${count}.${n} }] }`,
  );
  const targets = Array.from({ length: count }, (_, n) => `/in/${n}`);
  return {
    of: count,
    broker,
    options: { endpoints: `[${list}]`, partitions: 12 },
    more: { targets, patience: 60_000 },
  };
}

function idleCase(count: number): Case {
  return { of: count, options: {}, more: { idle: count } };
}

async function growServed(): Promise<Growth[]> {
  const kafka = await startBenchKafka();
  const surroundings = { kafka, load: startLoad() };
  const growths: Growth[] = [];
  const cases: { [name: string]: Case[] } = {
    endpoints: [endpointCase(3), endpointCase(1_000)],
    'topics of 12 partitions (Kafka)': [
      topicCase(1, kafka.address),
      topicCase(20, kafka.address),
      topicCase(200, kafka.address),
    ],
    'open idle connections': [idleCase(10), idleCase(1_000), idleCase(8_000)],
  };
  for (const [what, each] of Object.entries(cases)) {
    if (what.includes(values.only)) growths.push(...(await growGateway(what, each, surroundings)));
  }
  surroundings.load.stop();
  await kafka.stop();
  return growths;
}

const machine = describeMachine();
transpile();
pinOthers();
const growths: Growth[] = [];
const works = {
  secrets: growSecrets,
  bodies: growBodies,
  batches: growBatches,
  window: growWindow,
  plugins: growPlugins,
};
for (const [name, work] of Object.entries(works)) {
  if (name.includes(values.only)) growths.push(...(await work()));
}
if (values.only === '' || growths.length === 0) growths.push(...(await growServed()));
const doubts = findDoubts(machine);
const lines = growths.map(({ what, unit, points }) => [
  what,
  unit,
  points.map(({ of, cost }) => `${of}: ${round(cost)}`).join(' · '),
  ((points.at(-1)?.cost ?? 0) / (points[0]?.cost ?? 1)).toFixed(2),
]);
const table = formatTable([['growth of', 'costs', 'with so many: cost', '×'], ...lines]);
const report = formatReport(machine, [table], doubts);
(values.json ? process.stderr : process.stdout).write(report);
if (values.json) process.stdout.write(`${JSON.stringify({ machine, doubts, growths, report })}\n`);
