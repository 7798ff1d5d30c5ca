import type { KeyObject } from 'node:crypto';
import type { Secret } from '../core/model.js';

/** The secrets of one kind; where the scheme doesn't name kinds, all. */
export function secretsFor(secrets: readonly Secret[], kind: string | undefined): readonly Secret[] {
  return kind === undefined ? secrets : secrets.filter((secret) => secret.for === undefined || secret.for === kind);
}

export function isActive({ notBefore, expires }: Secret, now: number): boolean {
  return (notBefore === undefined || notBefore <= now) && (expires === undefined || now < expires);
}

/** For each kind the key that counts now: of the active ones, the one that became active last. */
export function newestKeys(secrets: readonly Secret[], now: number): ReadonlyMap<string, KeyObject> {
  const newest = new Map<string, Secret>();
  for (const secret of secrets) {
    const kind = secret.for ?? '';
    if (isActive(secret, now) && (secret.notBefore ?? 0) >= (newest.get(kind)?.notBefore ?? 0))
      newest.set(kind, secret);
  }
  return new Map([...newest].map(([kind, { key }]) => [kind, key]));
}
