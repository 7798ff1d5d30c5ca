import type { GatewaySettings } from '../config/settings.js';
import { Failure } from '../exit.js';
import type { SenderFault } from '../testing/simulator/scenarios/faults.js';
import type { Played } from '../testing/simulator/scenarios/play.js';
import type { Playable } from '../testing/simulator/scenarios/traffic.js';
import { didYouMean } from './did-you-mean.js';
import { prepareEndpoints } from './simulation.js';
import { formatTable } from './table.js';

/** What can be played with a configuration, and where its gateway is. */
export interface Playing {
  readonly playable: readonly Playable[];
  readonly base: string;
  readonly trusting: boolean;
}

interface PlayFlags {
  readonly name: string | undefined;
  readonly seed: number;
  readonly speed: number | undefined;
  readonly faults: string | undefined;
  readonly merchants: number | undefined;
  readonly rate: number;
  readonly duration: number;
  readonly concurrency: number;
  readonly expect: string | undefined;
}

interface PlayOutput {
  readonly signal: AbortSignal;
  show(done: number, total: number): void;
  say(line: string): void;
}

export interface ScenarioReport {
  readonly events: number;
  readonly accepted: number;
  /** Events that had an answer, whichever. */
  readonly answered: number;
  /** Attempts after the first. */
  readonly retries: number;
  readonly seconds: number;
  readonly seed: number;
  /** Records that must exist: absent without --expect. */
  readonly expected?: number;
  /** HTTP status, or `none` → how many events ended so. */
  readonly refused: { readonly [status: string]: number };
}

/** Milliseconds for which an event is sent again. */
const patience = 120_000;

/** Throws a Failure if the configuration cannot be used, or none of its plugins has a scenario. */
export async function listPlayable(flags: Parameters<typeof prepareEndpoints>[0]): Promise<Playing> {
  const { endpoints, base, trusting } = await prepareEndpoints(flags);
  const { listScenarios } = await import('../testing/simulator/scenarios/declaration.js');
  const lists = await Promise.all(endpoints.map((endpoint) => listOf(endpoint, listScenarios)));
  const playable = lists.flat();
  if (playable.length === 0) throw new Failure('usage', 'The plugins of this configuration have no scenarios');
  return { playable, base, trusting };
}

async function listOf(
  endpoint: GatewaySettings['endpoints'][number],
  list: (folder: string) => Promise<readonly Playable['scenario'][]>,
): Promise<readonly Playable[]> {
  const scenarios = await list(endpoint.provider.folder).catch((error: Error) => {
    throw new Failure('config', error.message);
  });
  return scenarios.map((scenario) => ({ scenario, endpoint }));
}

/** Plans and sends. Throws a usage Failure for a scenario or a fault that there is not. */
export async function playScenarios(
  { playable, base, trusting }: Playing,
  flags: PlayFlags,
  { signal, show, say }: PlayOutput,
): Promise<ScenarioReport> {
  const [{ addFaults }, { planLife }, { planTraffic, longestOf }, { play }, { seededRandom }, { createSender }] =
    await Promise.all([
      import('../testing/simulator/scenarios/faults.js'),
      import('../testing/simulator/scenarios/life.js'),
      import('../testing/simulator/scenarios/traffic.js'),
      import('../testing/simulator/scenarios/play.js'),
      import('../testing/simulator/scenarios/random.js'),
      import('../testing/simulator/sender.js'),
    ]);
  const faults = await chooseFaults(flags.faults);
  const chosen = flags.name === undefined ? playable : [await choose(playable, flags.name)];
  const random = seededRandom(flags.seed);
  const { merchants, rate } = flags;
  const duration = flags.duration * 1000;
  // The last events happen about now, so that no provider's event is from the future.
  const epoch = Date.now() - longestOf(chosen) - (merchants === undefined ? 0 : duration);
  const [first] = chosen;
  if (first === undefined) throw new Failure('usage', 'There is no scenario to play');
  const planned =
    merchants === undefined
      ? await planLife(first.scenario, { life: '1', endpoint: first.endpoint, start: 0, epoch, random })
      : await planTraffic(chosen, { merchants, rate, duration, epoch, random });
  const events = await addFaults(planned, faults, epoch, random);
  const file = flags.expect === undefined ? undefined : await openExpected(flags.expect);
  const sender = createSender(base, flags.concurrency, trusting);
  const counts = { accepted: 0, answered: 0, retries: 0, done: 0 };
  const refused = new Map<string, number>();
  const started = performance.now();
  let writing: Promise<unknown> = Promise.resolve();
  const onPlayed = (played: Played) => {
    counts.done++;
    counts.retries += played.attempts - 1;
    if (played.answer !== undefined) counts.answered++;
    if (played.answeredAt !== undefined) counts.accepted++;
    else count(refused, played.answer === undefined ? 'none' : String(played.answer.status));
    if (file !== undefined) writing = writing.then(() => file.add(played));
    show(counts.done, events.length);
    if (merchants === undefined) say(describe(played));
  };
  const speed = flags.speed ?? Number.POSITIVE_INFINITY;
  const options = { base, sender, speed, patience, signal, concurrency: flags.concurrency, onPlayed };
  await play(events, { ...options, rotate: faults.has('rotate') }).finally(() => sender.close());
  await writing;
  await file?.close();
  return {
    events: events.length,
    accepted: counts.accepted,
    answered: counts.answered,
    retries: counts.retries,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    seed: flags.seed,
    ...(file !== undefined && { expected: file.count }),
    refused: Object.fromEntries(refused),
  };
}

async function openExpected(path: string) {
  const { ExpectedFile } = await import('../testing/simulator/scenarios/expected.js');
  return new ExpectedFile(path);
}

async function choose(playable: readonly Playable[], name: string): Promise<Playable> {
  const named = ({ scenario, endpoint }: Playable) => [scenario.name, `${endpoint.provider.name}/${scenario.name}`];
  const found = playable.find((each) => named(each).includes(name));
  if (found !== undefined) return found;
  const hint = (await didYouMean(name, playable.flatMap(named))) ?? 'gateway simulate scenario lists them';
  throw new Failure('usage', `No scenario "${name}": ${hint}`);
}

async function chooseFaults(text: string | undefined): Promise<ReadonlySet<SenderFault>> {
  if (text === undefined) return new Set();
  const { faults } = await import('../testing/simulator/scenarios/faults.js');
  if (text === 'all') return new Set(faults);
  const names = text.split(',');
  const chosen = faults.filter((fault) => names.includes(fault));
  const unknown = names.find((name) => !faults.some((fault) => fault === name));
  if (unknown === undefined) return new Set(chosen);
  const hint = (await didYouMean(unknown, faults)) ?? `there are ${faults.join(', ')} and all`;
  throw new Failure('usage', `No fault "${unknown}": ${hint}`);
}

function describe({ event, attempts, answer }: Played): string {
  const { status } = Object(answer?.body);
  const again = [event.repetition && 'again', attempts > 1 && `attempt ${attempts}`].filter(Boolean).join(', ');
  return `${answer?.status ?? 'no answer'}  ${event.type}${again && `  (${again})`}${typeof status === 'string' ? `  ${status}` : ''}`;
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

export function formatScenarios(playable: readonly Playable[]): string {
  const rows = playable.map(({ scenario, endpoint }) => [
    `${endpoint.provider.name}/${scenario.name}`,
    String(scenario.steps.length),
    scenario.title,
  ]);
  return formatTable(['SCENARIO', 'EVENTS', 'WHAT HAPPENS'], rows);
}

export function formatReport(report: ScenarioReport, file: string | undefined): string {
  const { events, accepted, retries, seconds, seed, expected, refused } = report;
  const bad = Object.entries(refused).map(([status, number]) => `${status}: ${number}`);
  const lines = [
    `events    ${events} in ${seconds} s, seed ${seed}`,
    `accepted  ${accepted}`,
    `refused   ${events - accepted}${bad.length > 0 ? ` (${bad.join(', ')})` : ''}`,
    `retries   ${retries}`,
  ];
  if (file !== undefined) lines.push(`expected  ${expected} records, in ${file}: gateway simulate check ${file}`);
  return lines.join('\n');
}
