import { dirname, resolve } from 'node:path';
import { disk } from '../util/read-text.js';
import type { ConfigChange } from './diff.js';
import { listSecrets } from './placeholder-secrets.js';
import type { Environment } from './substitute.js';

/** Where a secret is found, and its text where that is there. */
export interface HeldSecret {
  /** `env NAME` or `file PATH`, as the configuration has it. */
  readonly from: string;
  readonly text?: string;
}

/** The secrets that a gateway.yaml refers to, by their place in it: `endpoints.stripe.secrets.current`, `admin.token`. */
export async function readSecrets(file: string, environment: Environment): Promise<ReadonlyMap<string, HeldSecret>> {
  const held = new Map<string, HeldSecret>();
  for (const { at, env, file: name } of await listSecrets(file)) {
    if (at === undefined) continue;
    if (env !== undefined) held.set(at, { from: `env ${env}`, ...optional(environment[env]) });
    else if (name !== undefined) {
      const read = await disk.read(resolve(dirname(file), name));
      held.set(at, { from: `file ${name}`, ...('text' in read ? { text: read.text } : {}) });
    }
  }
  return held;
}

function optional(text: string | undefined): { readonly text?: string } {
  return text === undefined || text === '' ? {} : { text };
}

/**
 * The secrets that both have, and that are others in the second: by their texts, and where one is not there, by where
 * they are found. A change never has a text in it.
 */
export function diffSecrets(
  old: ReadonlyMap<string, HeldSecret>,
  next: ReadonlyMap<string, HeldSecret>,
): readonly ConfigChange[] {
  return [...old].flatMap(([at, before]): readonly ConfigChange[] => {
    const after = next.get(at);
    if (after === undefined || isSame(before, after)) return [];
    const to = before.from === after.from ? `${after.from}, which has another value` : after.from;
    return [{ kind: 'changed', path: `${at}.value`, old: before.from, new: to }];
  });
}

function isSame(before: HeldSecret, after: HeldSecret): boolean {
  if (before.text === undefined || after.text === undefined) return before.from === after.from;
  return withoutEnd(before.text) === withoutEnd(after.text);
}

/** As a secret is read from a file. */
function withoutEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
