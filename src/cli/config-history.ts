import { relative } from 'node:path';
import { type ConfigChange, diffEffects } from '../config/diff.js';
import { effectOf, historyFolder, type KeptConfig, readHistory } from '../config/history.js';
import type { GatewaySettings } from '../config/settings.js';
import { Failure } from '../exit.js';
import { printable } from '../util/printable.js';
import { fieldsOf } from '../util/values.js';
import { askAdmin } from './admin-client.js';
import { describeChange, loadSide } from './config-diff.js';
import { loadWithMadeUp } from './load-without-secrets.js';
import { whichConfig } from './which-config.js';

/** A configuration of the past, and what it changed against the one before it. */
export interface HistoryEntry {
  readonly digest: string;
  /** RFC 3339. */
  readonly loadedAt: string;
  /** Absent: none before it is kept. */
  readonly changes?: readonly ConfigChange[];
}

/** The newest first. */
export async function listHistory(settings: GatewaySettings): Promise<readonly HistoryEntry[]> {
  const kept = await readHistory(settings);
  return kept
    .map(({ digest, loadedAt, effect }, index): HistoryEntry => {
      const before = kept[index - 1];
      return { digest, loadedAt, ...(before && { changes: diffEffects(before.effect, effect) }) };
    })
    .reverse();
}

/** What is different now from what was in effect then. Throws a negative Failure where nothing so old is kept. */
export async function changesSince(
  settings: GatewaySettings,
  since: number,
): Promise<{ readonly from: KeptConfig; readonly to: KeptConfig; readonly changes: readonly ConfigChange[] }> {
  const kept = await readHistory(settings);
  const [oldest] = kept;
  const to = kept.at(-1);
  if (oldest === undefined || to === undefined) throw nothingKept(settings);
  const from = kept.findLast(({ loadedAt }) => Date.parse(loadedAt) <= since);
  if (from !== undefined) return { from, to, changes: diffEffects(from.effect, to.effect) };
  throw new Failure(
    'negative',
    `What was in effect at ${new Date(since).toISOString()} is not kept: the oldest is of ${oldest.loadedAt}`,
  );
}

function nothingKept(settings: GatewaySettings): Failure {
  const folder = relative('', historyFolder(settings));
  return new Failure(
    'negative',
    `No configuration is kept in ${folder}: a gateway keeps each that it puts into effect`,
  );
}

export interface RunningDiff {
  /** Of what runs, and of the file. */
  readonly running: string;
  readonly file: string;
  readonly changes: readonly ConfigChange[];
  /** Whether it is the file that the gateway was started with. */
  readonly isRunning: boolean;
  /** Keys of what a reload cannot change. */
  readonly restart: readonly string[];
}

/** What a reload of the running gateway with this file would change. Throws a Failure if none answers, or its configuration is not kept here. */
export async function diffRunning(
  file: string,
  flags: { readonly config?: string | undefined; readonly url?: string | undefined },
): Promise<RunningDiff> {
  const { digest, file: started } = readConfig(await askAdmin(flags, 'GET', '/status'));
  const next = await loadSide(file);
  const kept = await findKept(digest, [next.settings, await settingsOf(flags.config)]);
  if (kept === undefined && digest !== next.digest) {
    const folder = relative('', historyFolder(next.settings));
    throw new Failure(
      'negative',
      `The configuration that runs (${digest}) is not kept in ${folder}: run this where the gateway runs`,
    );
  }
  const changes = kept === undefined ? [] : diffEffects(kept.effect, effectOf(next));
  return {
    running: digest,
    file: next.digest,
    changes,
    isRunning: started === next.settings.file,
    restart: needRestart(changes),
  };
}

/** A file that is to run may name another folder than the one of what runs. */
async function findKept(
  digest: string,
  places: readonly (GatewaySettings | undefined)[],
): Promise<KeptConfig | undefined> {
  for (const settings of places) {
    const found = settings && (await readHistory(settings)).findLast((each) => each.digest === digest);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function settingsOf(flag: string | undefined): Promise<GatewaySettings | undefined> {
  const { settings } = await loadWithMadeUp(whichConfig(flag).file, 'missing');
  return settings;
}

function readConfig(status: unknown): { readonly digest: string; readonly file: unknown } {
  const { digest, file } = fieldsOf(fieldsOf(status).config);
  if (typeof digest === 'string') return { digest, file };
  throw new Failure('unreachable', 'That is not the admin server of a gateway');
}

/** What is bound to sockets, stores and processes: see the reload of src/server/workers/. Renewed credentials do not show here. */
const fixed = /^(server\.(listen|workers|tls)|admin|probes|kafka|embedded|spool|dedupe)(\.|$)/;

function needRestart(changes: readonly ConfigChange[]): readonly string[] {
  return [...new Set(changes.flatMap(({ path }) => fixed.exec(path)?.[1] ?? []))];
}

export function describeRunningDiff({ running, file, changes, restart }: RunningDiff): string {
  const lines = [
    `${running} runs, ${file} is in the file`,
    ...(changes.length === 0
      ? ['It would change nothing; secrets are compared by name.']
      : changes.map(describeChange)),
    ...(restart.length === 0 ? [] : [`note: ${restart.join(', ')} can't change while the gateway runs: restart it`]),
  ];
  return lines.map(printable).join('\n');
}

/** Lines of a change that are shown for each entry. */
const mostChanges = 12;

export function describeHistory(entries: readonly HistoryEntry[]): string {
  return entries
    .flatMap(({ digest, loadedAt, changes }, index) => [
      `${loadedAt}  ${digest}${index === 0 ? '  the newest' : ''}`,
      ...(changes === undefined
        ? ['  the first that is kept']
        : changes.length === 0
          ? ['  puts the same into effect as the one before']
          : changes.slice(0, mostChanges).map((change) => `  ${describeChange(change)}`)),
      ...(changes !== undefined && changes.length > mostChanges
        ? [`  … and ${changes.length - mostChanges} more: --json has them`]
        : []),
    ])
    .map(printable)
    .join('\n');
}
