import { hash } from 'node:crypto';
import type { KafkaRecord, ProtectedBody, Protection } from '../model.js';

/** The record with other headers; undefined takes one away. */
export function withHeaders(
  record: KafkaRecord,
  changes: { readonly [name: string]: string | undefined },
): KafkaRecord {
  const headers: { [name: string]: string } = {};
  for (const [name, value] of Object.entries({ ...record.headers, ...changes })) {
    if (value !== undefined) headers[name] = value;
  }
  return { ...record, headers };
}

/**
 * `ce_digest`: of the original, with the key. Who has the value could else try all numbers that may stand where there are
 * stars now. Without a key that of the value.
 */
export function digestOf(protection: Protection, original: Buffer, shown: Buffer): string {
  const keyed = protection.digest?.(original);
  return keyed === undefined ? `sha-256=:${hash('sha256', shown, 'base64')}:` : `hmac-sha-256=:${keyed}:`;
}

/** `ce_protected`. `original`: the body whose digest a replay needs, to know its event again. */
export function describe(
  { key, seal, panGuard }: Protection,
  { fields, cards, withheld }: ProtectedBody,
  derived: readonly string[],
  original?: Buffer,
): string {
  return JSON.stringify({
    ...(fields.size > 0 && { fields: Object.fromEntries(fields) }),
    ...(cards > 0 && panGuard !== 'warn' && { cardNumbers: cards }),
    ...(derived.length > 0 && { derived }),
    ...(withheld && { withheld }),
    ...(key !== undefined && { key }),
    ...(original && seal && { original: seal(hash('sha256', original, 'base64')) }),
  });
}
