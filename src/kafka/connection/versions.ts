import { nameCode } from '../codes.js';
import { describeFault } from '../faults.js';
import type { Channel } from './channel.js';
import { type Cursor, readWhole } from './cursor.js';

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** API key → what a broker speaks of it. */
export type Versions = ReadonlyMap<number, VersionRange>;

/** A kind of request, and what is spoken of it here. */
export interface Api extends VersionRange {
  readonly name: string;
  readonly key: number;
}

/**
 * Every version here is one that Kafka 2.1 has, but for the newest of Metadata (2.8) and of SaslAuthenticate (2.2), and that
 * Kafka 4 has kept. Sources: https://kafka.apache.org/protocol#protocol_api_keys and
 * https://cwiki.apache.org/confluence/display/KAFKA/KIP-896.
 */
export const apis = {
  produce: { name: 'Produce', key: 0, min: 3, max: 7 },
  metadata: { name: 'Metadata', key: 3, min: 5, max: 6 },
  /** With the ids of topics. */
  metadataWithIds: { name: 'Metadata', key: 3, min: 10, max: 10 },
  saslHandshake: { name: 'SaslHandshake', key: 17, min: 1, max: 1 },
  createTopics: { name: 'CreateTopics', key: 19, min: 2, max: 3 },
  initProducerId: { name: 'InitProducerId', key: 22, min: 0, max: 1 },
  describeConfigs: { name: 'DescribeConfigs', key: 32, min: 1, max: 2 },
  saslAuthenticate: { name: 'SaslAuthenticate', key: 36, min: 0, max: 1 },
} as const satisfies { readonly [name: string]: Api };

/** ApiVersions 0, which every broker answers, before a login, too. */
const apiVersionsKey = 18;

/** Asks what the broker speaks. Rejects with a `PublishError` or with what ended the connection. */
export async function askVersions(channel: Channel): Promise<Versions> {
  return readWhole(await channel.request(apiVersionsKey, 0, []), readVersions);
}

function readVersions(cursor: Cursor): Versions {
  const code = cursor.readInt16();
  if (code !== 0) throw describeFault(nameCode(code), `a broker did not say which versions it has: ${nameCode(code)}`);
  return new Map(
    cursor.readList(() => {
      const key = cursor.readInt16();
      return [key, { min: cursor.readInt16(), max: cursor.readInt16() }];
    }),
  );
}

/** True if there is a version that both speak. */
export function isSpoken(versions: Versions, { key, min, max }: Api): boolean {
  const theirs = versions.get(key);
  return theirs !== undefined && Math.min(max, theirs.max) >= Math.max(min, theirs.min);
}

/** The newest version that both speak. Throws a `PublishError` if there is none. */
export function chooseVersion(versions: Versions, api: Api): number {
  const theirs = versions.get(api.key);
  if (theirs !== undefined && isSpoken(versions, api)) return Math.min(api.max, theirs.max);
  const spoken = theirs === undefined ? 'none' : `${theirs.min} to ${theirs.max}`;
  const detail = `the broker speaks version ${spoken} of ${api.name}, and the gateway ${api.min} to ${api.max}: it needs Kafka 2.1 or newer`;
  throw describeFault('UNSUPPORTED_VERSION', detail);
}
