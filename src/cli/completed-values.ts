import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewaySettings } from '../config/settings.js';
import { loadWithMadeUp } from './load-without-secrets.js';
import { whichConfig } from './which-config.js';

/** What a shell can ask for while somebody types. */
export const valueKinds = ['types', 'examples', 'plugins', 'topics', 'endpoints', 'letters', 'configs'] as const;

export type ValueKind = (typeof valueKinds)[number];

/** Flag → what its values are, of whatever command. */
const ofFlags: { readonly [flag: string]: ValueKind | undefined } = {
  type: 'types',
  event: 'types',
  endpoint: 'endpoints',
  topic: 'topics',
  against: 'topics',
  plugin: 'plugins',
  provider: 'plugins',
  like: 'plugins',
  config: 'configs',
};

/** Command → what its arguments are. */
const ofCommands: { readonly [command: string]: ValueKind | undefined } = {
  tap: 'topics',
  'simulate send': 'examples',
  'plugins show': 'plugins',
  test: 'plugins',
  'dlq show': 'letters',
  'dlq replay': 'letters',
  'dlq dismiss': 'letters',
  explain: 'letters',
  start: 'configs',
  'lint-config': 'configs',
  'config print': 'configs',
  'config diff': 'configs',
};

/** Undefined: it has no values of this installation. */
export function kindOfFlag(command: string, flag: string): ValueKind | undefined {
  if (command.startsWith('simulate') && flag === 'type') return 'examples';
  return ofFlags[flag];
}

export function kindOfArgument(command: string): ValueKind | undefined {
  return ofCommands[command];
}

/** Letters that are offered, the newest; and milliseconds that reading them may take: somebody waits. */
const mostLetters = 50;
const patience = 3_000;

/** The values of a kind, with the configuration that commands would take. Rejects where there is none. */
export async function listValues(kind: ValueKind, config: string | undefined): Promise<readonly string[]> {
  if (kind === 'configs') return listConfigs();
  if (kind === 'plugins') return [...(await (await import('./plugins.js')).findPlugins({ config }, [])).keys()].sort();
  const { settings } = await loadWithMadeUp(whichConfig(config).file, 'missing');
  if (settings === undefined) return [];
  return kind === 'letters' ? listLetters(settings) : ofSettings(kind, settings);
}

async function ofSettings(kind: Exclude<ValueKind, 'configs' | 'plugins' | 'letters'>, settings: GatewaySettings) {
  if (kind === 'topics') return settings.topics;
  if (kind === 'endpoints') return settings.endpoints.map(({ name }) => name);
  const { listOffers } = await import('./simulation.js');
  const examples = (await listOffers(settings, undefined)).map(({ type }) => type);
  const known = kind === 'examples' ? [] : settings.endpoints.flatMap(({ provider }) => [...provider.eventTypes]);
  return [...new Set([...examples, ...known])].sort();
}

async function listLetters(settings: GatewaySettings): Promise<readonly string[]> {
  const { readLedger } = await import('./dead-letters.js');
  const ledger = await readLedger(settings, { signal: AbortSignal.timeout(patience) });
  const open = ledger.letters().filter(({ id }) => ledger.isOpen(id));
  return open.slice(-mostLetters).map(({ id }) => id);
}

/** Files here and in config/ that look like configurations. */
async function listConfigs(): Promise<readonly string[]> {
  const found = await Promise.all(['.', 'config'].map(listYaml));
  return found.flat();
}

async function listYaml(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.ya?ml$/.test(name)).sort();
  const read = names.map(async (name) => {
    const path = join(folder, name);
    const text = await readFile(path, 'utf8').catch(() => '');
    return /^endpoints:/m.test(text) ? [path] : [];
  });
  return (await Promise.all(read)).flat();
}
