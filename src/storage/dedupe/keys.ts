import { hash } from 'node:crypto';
import type { Fingerprint } from '../../core/model.js';

/** Bytes of the name of an event, as a Latin-1 text, which maps take. */
export const keyLength = 16;
/** Characters of base64: what 16 bytes tell for certain. */
export const digestLength = 21;

/** What an event is looked up by. */
export interface EventKeys {
  /** Names endpoint, id and type. */
  readonly id: string;
  /** The first half of the digest of its bytes, base64. */
  readonly digest: string;
  readonly by: Fingerprint['by'];
}

export function keysOf({ endpoint, id, type, digest, by }: Fingerprint): EventKeys {
  // The length tells where the id ends, whatever is in it; names of endpoints have no control characters.
  const name = hash('sha256', `${endpoint}\0${id.length}\0${id}${type}`, 'binary').slice(0, keyLength);
  return { id: name, digest: digest.slice(0, digestLength), by };
}

/** Whether an event of the same `id` is a repetition of the other one. */
export function isRepetition({ by, digest }: EventKeys, other: string): boolean {
  return by === 'id' || digest === other;
}

/** One key of `keyLength` for what must not be published twice: the id alone, or the id with this content. */
export function claimKey({ by, id, digest }: EventKeys): string {
  if (by === 'id') return id;
  const mixed = Buffer.from(id, 'latin1');
  for (let at = 0; at < keyLength; at++) mixed[at] = (mixed[at] ?? 0) ^ digest.charCodeAt(at);
  return mixed.toString('latin1');
}

/** What the former format of the window's files named: endpoint and id, without the type. */
export function formerKey(endpoint: string, id: string): string {
  return hash('sha256', `${endpoint}\0${id}`, 'binary').slice(0, keyLength);
}
