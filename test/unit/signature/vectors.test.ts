import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Delivery, KeyDocument, Secret, Surroundings } from '../../../src/model.js';
import { schemeCases, schemeOfCase } from './schemes.js';
import { deliveryOf, now, rejectionOf } from './support.js';

/** A vector of a provider's own tests or documentation; `source` says whose. */
interface Vector {
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

function readVectors(): readonly Vector[] {
  const file = new URL('../../cases/signature/vectors.jsonl', import.meta.url);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line): Vector => JSON.parse(line));
}

function deliveryOfVector(vector: Vector): Delivery {
  const headers = Object.fromEntries(Object.entries(vector.headers).map(([k, v]) => [k.toLowerCase(), v]));
  const delivery = deliveryOf(Buffer.from(vector.body_base64, 'base64'), headers);
  return { ...delivery, method: vector.method, target: vector.url.replace(/^https?:\/\/[^/?]*/, '') || '/' };
}

function secretsOf({ provider, key }: Vector): readonly Secret[] {
  const scheme = schemeOfCase(provider);
  const kinds = Object.keys(schemeCases[provider]?.secrets ?? {});
  return Object.entries(key).flatMap(([name, texts]) =>
    [texts].flat().flatMap((text, index) => {
      if (text === '') return [];
      const kind = kinds.includes(name) ? { for: name } : {};
      return { name: `${name} ${index}`, key: scheme.key(text, kind.for), ...kind };
    }),
  );
}

/** The answers that the vector has for the keys that the scheme asks for. */
function keysOf(vector: Vector, delivery: Delivery, secrets: readonly Secret[], around: Surroundings, clock: number) {
  const keys = new Map<string, KeyDocument>();
  for (const { id, url } of schemeOfCase(vector.provider).remoteKeys(delivery, secrets, clock, around)) {
    const found = vector.remote_keys?.[url];
    if (found !== undefined) keys.set(id, { text: typeof found === 'string' ? found : JSON.stringify(found) });
  }
  return keys;
}

function outcomeOf(vector: Vector): string {
  const delivery = deliveryOfVector(vector);
  const secrets = secretsOf(vector);
  const clock = typeof vector.now === 'number' ? vector.now * 1000 : now;
  const around = { url: vector.url.replace(/\?.*/, ''), params: vector.params ?? {} };
  return rejectionOf(() => {
    const keys = keysOf(vector, delivery, secrets, around, clock);
    schemeOfCase(vector.provider).verify(delivery, secrets, clock, { ...around, keys });
  });
}

describe('signature vectors of the providers', () => {
  const vectors = readVectors();

  it('there are 270, for 49 schemes', () => {
    expect(vectors).to.have.length(270);
    expect(new Set(vectors.map(({ provider }) => provider)).size).to.equal(49);
  });

  for (const vector of vectors) {
    it(`${vector.provider}: ${vector.case} is ${vector.valid ? 'proven' : 'refused'} (${vector.why})`, () => {
      const outcome = outcomeOf(vector);
      if (vector.valid) expect(outcome).to.equal('verified');
      else expect(outcome).to.match(/^(signature_|timestamp_|key_untrusted)/);
    });
  }
});
