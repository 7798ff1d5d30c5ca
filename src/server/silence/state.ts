import { join } from 'node:path';
import type { Files } from '../../storage/disk/files.js';
import { seal, unseal } from '../../storage/disk/seal.js';

/** What is known of the events that one expectation is about. Times are milliseconds since the epoch. */
export interface Known {
  /** Since when they are expected. */
  readonly since: number;
  /** When the last of them came. */
  readonly last?: number;
  /** Day, counted from the epoch → the longest time without one that ended on it, in milliseconds. */
  readonly gaps: { readonly [day: string]: number };
}

/** By `nameExpectation`. */
export type State = ReadonlyMap<string, Known>;

/** In the folder of the dedupe window. */
const fileName = 'last-events';

/** What a former process has written; empty where there is none, or where it is damaged. Throws a `NewerFormatError`. */
export async function readState(files: Files, folder: string): Promise<State> {
  const path = join(folder, fileName);
  const sealed = unseal(Buffer.from((await files.text(path)) ?? ''), path);
  if (sealed?.kind !== 'silence') return new Map();
  return new Map(Object.entries(Object(sealed.facts)).flatMap(([name, facts]) => toKnown(name, facts)));
}

/** A crash of the machine may lose what was written last: then the former state is there. */
export function writeState(files: Files, folder: string, state: State): Promise<void> {
  return files.replace(join(folder, fileName), seal('silence', Object.fromEntries(state)));
}

function toKnown(name: string, facts: unknown): [string, Known][] {
  const { since, last, gaps }: { since?: unknown; last?: unknown; gaps?: unknown } = Object(facts);
  if (typeof since !== 'number' || (last !== undefined && typeof last !== 'number')) return [];
  const days = Object.entries(Object(gaps)).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return [[name, { since, ...(last !== undefined && { last }), gaps: Object.fromEntries(days) }]];
}
