import { readFileSync } from 'node:fs';
import type { Delivery, EndpointContext, KeyDocument, Scheme, Secret } from '../../../src/core/model.js';
import { deliveryOf, now, rejectionOf } from './support.js';

/** A vector of a provider's own tests or documentation; `source` says whose. */
export interface Vector {
  provider: string;
  case: string;
  source: string;
  key: { [name: string]: string | string[] };
  params?: { [name: string]: string };
  method: string;
  url: string;
  headers: { [name: string]: string };
  body_base64: string;
  /** Seconds. */
  now?: number | null;
  valid: boolean;
  why: string;
  remote_keys?: { [url: string]: unknown };
}

export function readVectors(): readonly Vector[] {
  const file = new URL('../../cases/signature/vectors.jsonl', import.meta.url);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line): Vector => JSON.parse(line));
}

function deliveryOfVector(vector: Vector): Delivery {
  const headers = Object.fromEntries(Object.entries(vector.headers).map(([k, v]) => [k.toLowerCase(), v]));
  const delivery = deliveryOf(Buffer.from(vector.body_base64, 'base64'), headers);
  return { ...delivery, method: vector.method, target: vector.url.replace(/^https?:\/\/[^/?]*/, '') || '/' };
}

/** A secret that is named as one of the kinds that the plugin names is of that kind. */
function secretsOf({ key }: Vector, scheme: Scheme): readonly Secret[] {
  const kinds = scheme.needs.secrets.map(({ name }) => name);
  return Object.entries(key).flatMap(([name, texts]) =>
    [texts].flat().flatMap((text, index) => {
      if (text === '') return [];
      const kind = kinds.includes(name) ? { for: name } : {};
      return { name: `${name} ${index}`, key: scheme.key(text, kind.for), ...kind };
    }),
  );
}

/** The answers that the vector has for the keys that the scheme asks for. */
function keysOf(
  { remote_keys: remote }: Vector,
  scheme: Scheme,
  ...request: readonly [Delivery, readonly Secret[], number, EndpointContext]
): ReadonlyMap<string, KeyDocument> {
  const keys = new Map<string, KeyDocument>();
  for (const { id, url } of scheme.remoteKeys(...request)) {
    const found = remote?.[url];
    if (found !== undefined) keys.set(id, { text: typeof found === 'string' ? found : JSON.stringify(found) });
  }
  return keys;
}

/** `verified`, or the code of the rejection. The age is judged last: a vector without a time is proven but for it. */
export function outcomeOf(vector: Vector, scheme: Scheme): string {
  const delivery = deliveryOfVector(vector);
  const secrets = secretsOf(vector, scheme);
  const clock = typeof vector.now === 'number' ? vector.now * 1000 : now;
  const around = { url: vector.url.replace(/\?.*/, ''), params: vector.params ?? {} };
  const outcome = rejectionOf(() => {
    const keys = keysOf(vector, scheme, delivery, secrets, clock, around);
    scheme.verify(delivery, secrets, clock, { ...around, keys });
  });
  return outcome === 'timestamp_stale' && typeof vector.now !== 'number' ? 'verified' : outcome;
}

/** What the outcome of a vector that is no good must be. */
export const refusal = /^(signature_|timestamp_|key_untrusted)/;
