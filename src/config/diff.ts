import { createHash } from 'node:crypto';
import { relative, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../util/values.js';
import { type Plain, resolve } from './resolved.js';
import type { GatewaySettings } from './settings.js';

/** One difference between two configurations in effect. */
export interface ConfigChange {
  readonly kind: 'added' | 'removed' | 'changed' | 'moved';
  /** Names from the root, dots between; endpoints and secrets go by name. */
  readonly path: string;
  readonly old?: unknown;
  readonly new?: unknown;
}

/** A configuration with the texts that it was made of, by absolute path. */
export interface Side {
  readonly settings: GatewaySettings;
  readonly sources: ReadonlyMap<string, string>;
}

/** What differs between what two configurations put into effect, whatever they look like as files. */
export function diffConfigs(old: Side, next: Side): readonly ConfigChange[] {
  return diffEffects(comparable(old), comparable(next));
}

/** The same of what `comparable` has made of them. */
export function diffEffects(old: Plain, next: Plain): readonly ConfigChange[] {
  return diff(old, next, '');
}

/** What a configuration puts into effect, in the form in which it is compared: plain values, nothing secret. */
export function comparable({ settings, sources }: Side): Plain {
  const { endpoints, ...rest } = resolve(settings);
  return { ...rest, endpoints: byName(endpoints, comparableEndpoint), plugins: pluginFiles(settings, sources) };
}

function comparableEndpoint({ secrets, routes, ...rest }: Plain): Plain {
  return { ...rest, secrets: byName(secrets, (secret) => secret), routes: listOf(routes).map(describeRoute) };
}

/** As text, so that one route can be found among others. Where it is declared doesn't matter. */
function describeRoute(route: Plain): string {
  const { events = ['*'], when, topic, key } = route;
  const condition = when === undefined ? '' : ` when ${String(when)}`;
  return `${String(events)}${condition} → ${String(topic)}, key ${String(key ?? '(subject, else id)')}`;
}

function listOf(value: unknown): readonly Plain[] {
  return Array.isArray(value) ? value : [];
}

function byName(list: unknown, convert: (each: Plain) => Plain): Plain {
  return Object.fromEntries(listOf(list).map((each) => [String(each.name), convert(each)]));
}

/** Schemas and all else that plugins have, as digests. */
function pluginFiles({ endpoints }: GatewaySettings, sources: Side['sources']): Plain {
  const folders = new Map(endpoints.map(({ provider }) => [provider.name, provider.folder]));
  return Object.fromEntries(
    [...folders].map(([name, folder]) => {
      const own = [...sources].filter(([path]) => path.startsWith(folder + sep));
      return [name, Object.fromEntries(own.map(([path, text]) => [relative(folder, path), digest(text)]))];
    }),
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function diff(old: unknown, next: unknown, path: string): readonly ConfigChange[] {
  if (isDeepStrictEqual(old, next)) return [];
  if (Array.isArray(old) && Array.isArray(next)) return diffLists(old, next, path);
  if (!isRecord(old) || !isRecord(next)) return [{ kind: 'changed', path, old, new: next }];
  return [...new Set([...Object.keys(old), ...Object.keys(next)])].flatMap((name): readonly ConfigChange[] => {
    const at = path === '' ? name : `${path}.${name}`;
    if (!Object.hasOwn(old, name)) return [{ kind: 'added', path: at, new: next[name] }];
    if (!Object.hasOwn(next, name)) return [{ kind: 'removed', path: at, old: old[name] }];
    return diff(old[name], next[name], at);
  });
}

function diffLists(old: readonly unknown[], next: readonly unknown[], path: string): readonly ConfigChange[] {
  const removed = old.filter((each) => !next.includes(each));
  const added = next.filter((each) => !old.includes(each));
  const kept = { old: old.filter((each) => next.includes(each)), next: next.filter((each) => old.includes(each)) };
  return [
    ...removed.map((each): ConfigChange => ({ kind: 'removed', path, old: each })),
    ...added.map((each): ConfigChange => ({ kind: 'added', path, new: each })),
    ...(isDeepStrictEqual(kept.old, kept.next)
      ? []
      : [{ kind: 'moved', path, old: kept.old, new: kept.next } satisfies ConfigChange]),
  ];
}
