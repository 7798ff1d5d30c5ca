import type { KeyObject } from 'node:crypto';
import type { KeyDocument, Secret } from '../core/model.js';
import { Rejection } from '../core/rejection.js';
import { headerFields } from './jws.js';
import type { SignedMessage } from './message.js';
import type { Plan } from './plan.js';
import { keyOf, keyRequest } from './remote.js';
import { secretsFor } from './secrets.js';
import { certifiedKey } from './trust.js';

/** A key that may have made a signature. */
export interface Candidate {
  /** Of the secret, or where else the key is from. */
  readonly name: string;
  readonly key: KeyObject;
  readonly notBefore?: number;
  readonly expires?: number;
}

const none: ReadonlyMap<string, KeyDocument> = new Map();

/** True if a key must be fetched: the plugin says where it is, and the endpoint doesn't give it. */
export function isRemote({ remote, published, secret }: Plan, secrets: readonly Secret[]): boolean {
  return (
    remote !== undefined &&
    published === undefined &&
    secretsFor(secrets, secret).every(({ key }) => key.type === 'secret')
  );
}

/** The keys to try, in the order of the endpoint's secrets. */
export function candidatesOf(
  plan: Plan,
  secrets: readonly Secret[],
  message: SignedMessage,
  now: number,
): readonly Candidate[] {
  if (plan.published !== undefined) return [{ name: 'published', key: plan.published }];
  if (plan.remote === undefined || !isRemote(plan, secrets)) return secretsFor(secrets, plan.secret);
  const { id, url } = keyRequest(plan.remote, message);
  const { keys = none } = message.surroundings;
  const document = keys.get(id);
  const name = new URL(url).hostname;
  if (document === undefined) throw new Rejection('key_unavailable', { detail: `no key from ${name}` });
  if (plan.remote.format === 'cert') return [{ name, key: certifiedKey(plan.remote, document, keys, now) }];
  return [{ name, key: keyOf(plan.remote, document, message.jws?.text(headerFields.kid)) }];
}
