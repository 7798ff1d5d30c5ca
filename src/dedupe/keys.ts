import { hash } from 'node:crypto';
import type { Fingerprint } from '../model.js';

/** Bytes of each of the two, as Latin-1 texts, which maps take. */
export const keyLength = 16;

/** What an event is looked up by. */
export interface EventKeys {
  /** Names endpoint, id and type. */
  readonly id: string;
  /** The first half of the digest of its bytes. */
  readonly digest: string;
  readonly by: Fingerprint['by'];
}

export function keysOf({ endpoint, id, type, digest, by }: Fingerprint): EventKeys {
  // The length tells where the id ends, whatever is in it; names of endpoints have no control characters.
  const name = hash('sha256', `${endpoint}\0${id.length}\0${id}${type}`, 'binary').slice(0, keyLength);
  return { id: name, digest: digest.toString('latin1', 0, keyLength), by };
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
