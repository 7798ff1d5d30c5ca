import type { ConfigChange, Side } from '../config/diff.js';
import type { LoadedConfig } from '../config/load.js';
import { Failure } from '../exit.js';
import type { Recorded, RecordedOutcome, Shift } from '../testing/dry-run/judge.js';
import { printable } from '../util/printable.js';
import { mayBeThere } from '../util/read-text.js';
import { loadWithMadeUp } from './load-without-secrets.js';
import { readInput } from './read-input.js';
import { present, summarize } from './settings.js';

export interface DiffReport {
  readonly changes: readonly ConfigChange[];
  /** Present where something recorded was held against both. */
  readonly against?: { readonly events: number; readonly changed: readonly Shift[] };
  readonly notes: readonly string[];
}

export interface DiffOptions {
  /** Topics and files. */
  readonly against: readonly string[];
  /** So many of each topic, the newest. */
  readonly limit: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

type LoadedSide = Side & Pick<LoadedConfig, 'digest'> & { readonly madeUp: readonly string[] };

/** Compares two configurations, and what they make of recorded events. Throws a Failure if one can't be used. */
export async function diffFiles(oldFile: string, newFile: string, options: DiffOptions): Promise<DiffReport> {
  const [old, next] = [await loadSide(oldFile), await loadSide(newFile)];
  const { diffConfigs } = await import('../config/diff.js');
  const { diffSecrets, readSecrets } = await import('../config/diff-secrets.js');
  const secrets = diffSecrets(await readSecrets(oldFile, process.env), await readSecrets(newFile, process.env));
  const changes = [...diffConfigs(old, next), ...secrets];
  if (options.against.length === 0) return { changes, notes: [] };
  const recorded = (await Promise.all(options.against.map((each) => readAgainst(each, old, options)))).flat();
  const { findShifts } = await import('../testing/dry-run/judge.js');
  const missing = [...new Set([...old.madeUp, ...next.madeUp])];
  const verify = missing.length === 0;
  const changed = await findShifts(recorded, old.settings, next.settings, { verify, now: Date.now() });
  const notes = verify ? [] : [`signatures are not verified again: ${missing.join(', ')} not set here`];
  return { changes, against: { events: recorded.length, changed }, notes };
}

export async function loadSide(file: string): Promise<LoadedSide> {
  const loaded = await loadWithMadeUp(file, 'missing');
  const { settings, diagnostics, sources } = loaded;
  if (settings !== undefined) return { ...loaded, settings };
  const message = (await present(diagnostics, sources, process.stderr)) + summarize(file, diagnostics);
  throw new Failure('config', message, { diagnostics });
}

async function readAgainst(
  against: string,
  { settings, madeUp }: LoadedSide,
  options: DiffOptions,
): Promise<readonly Recorded[]> {
  if (against === '-' || mayBeThere(against)) return readFile(against);
  if (!settings.topics.includes(against)) {
    throw new Failure(
      'usage',
      `--against ${against}: neither a file nor a topic: there are ${settings.topics.join(', ')}`,
    );
  }
  const { sasl, tls } = settings.publisher.kind === 'kafka' ? settings.publisher : {};
  if ((sasl !== undefined || tls?.key !== undefined) && madeUp.length > 0) {
    throw new Failure(
      'config',
      `To read ${against}, Kafka's credentials have to be there; not set: ${madeUp.join(', ')}`,
    );
  }
  const { readTopics } = await import('../publish/read.js');
  const from = { last: options.limit, since: options.since };
  const records = [];
  for await (const record of readTopics(settings.publisher, [against], { from, until: 'end' })) records.push(record);
  return records
    .sort((a, b) => b.timestamp - a.timestamp)
    .slice(0, options.limit)
    .map((record) => ({ kind: 'record', record: { ...record, offset: String(record.offset) } }));
}

async function readFile(file: string): Promise<readonly Recorded[]> {
  const bytes = await readInput(file);
  const { readRecorded } = await import('../testing/dry-run/input.js');
  try {
    return readRecorded(bytes);
  } catch (error) {
    throw error instanceof Error ? new Failure('usage', `${file}: ${error.message}`) : error;
  }
}

const mostShifts = 50;
const marks = { added: '+', removed: '-', changed: '~', moved: '~' } as const;

/** For people: what the configurations differ in, then the events that this changes something for. */
export function describeDiff({ changes, against, notes }: DiffReport): string {
  const lines = [
    ...(changes.length === 0 ? ['The configurations are equivalent.'] : changes.map(describeChange)),
    ...notes.map((note) => `note: ${note}`),
  ];
  if (against === undefined) return lines.map(printable).join('\n');
  const { events, changed } = against;
  const more = changed.length - mostShifts;
  const all = [
    ...lines,
    '',
    ...changed.slice(0, mostShifts).flatMap(describeShift),
    ...(more > 0 ? [`… and ${more} more`] : []),
    `${changed.length} of ${events} events would change topic, key or verdict`,
  ];
  return all.map(printable).join('\n');
}

export function describeChange({ kind, path, old, new: next }: ConfigChange): string {
  const mark = marks[kind];
  if (kind === 'added') return `${mark} ${path}: ${show(next)}`;
  if (kind === 'removed') return `${mark} ${path}: ${show(old)}`;
  return kind === 'moved'
    ? `${mark} ${path}: in another order: ${show(next)}`
    : `${mark} ${path}: ${show(old)} → ${show(next)}`;
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function describeShift({ id, type, at, old, new: next }: Shift): readonly string[] {
  return [`${id} ${type} (${at})`, `  - ${describeJudgement(old)}`, `  + ${describeJudgement(next)}`];
}

function describeJudgement({ verdict, records }: RecordedOutcome): string {
  return [verdict, ...records.map(({ topic, key }) => `to ${topic}, key ${key}`)].join(' ');
}
