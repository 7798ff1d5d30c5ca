import { hash } from 'node:crypto';
import type { Fingerprint } from '../../../../src/core/model.js';

/** One of as many events as are wanted, each of its own. */
export function makeFingerprint(n: number): Fingerprint {
  return { endpoint: 'orders', id: `evt_${n}`, type: 'paid', digest: hash('sha256', `${n}`, 'base64'), by: 'content' };
}
