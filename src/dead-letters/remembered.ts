import { assumeProven } from '../core/dry-run.js';
import type { Endpoint, HeaderValues } from '../core/model.js';

/** What a dead letter tells of its delivery. */
export interface Remembered {
  readonly verified: boolean;
  /** Name of the secret that proved it when it came. */
  readonly secret: string | undefined;
  readonly headers: HeaderValues;
  /** True where the letter is not the delivery as it was signed: see `protect` in gateway.yaml. */
  readonly changed: boolean;
}

/**
 * A dead letter does not have a secret that its delivery carried as it is, nor what the endpoint protects, so it can't be
 * verified again: it counts as proven by the name of its secret, if the endpoint still has one of that name, or by the host of
 * its key. Undefined where the letter has to be verified, or where it can't be.
 */
export function provenByName(
  endpoint: Endpoint,
  { verified, secret, headers, changed }: Remembered,
): Endpoint | undefined {
  const { secrets } = endpoint;
  const { scheme } = endpoint.provider;
  const isWhole = !changed && !scheme.secretHeaders.some((name) => headers[name]?.length === 0);
  if (!verified || secret === undefined || isWhole) return undefined;
  const has = (wanted: string) => secrets.some(({ name }) => name === wanted) || scheme.fetchesFrom(wanted);
  // Several schemes that must all hold name one secret each.
  if (!has(secret) && !secret.split(' ').every(has)) return undefined;
  return assumeProven(endpoint, secret);
}
