import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { deliveryOf, now, type ProviderName, rejectionOf, schemeOf, secretOf } from './support.js';

/** A vector of a provider's own tests or documentation; `source` says whose. */
interface Vector {
  provider: ProviderName;
  case: string;
  key: { [name: string]: string | string[] };
  headers: { [name: string]: string };
  body_base64: string;
  now: number | null;
  valid: boolean;
  why: string;
}

function readVectors(): readonly Vector[] {
  const file = new URL('../../cases/signature/vectors.jsonl', import.meta.url);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line): Vector => JSON.parse(line));
}

describe('signature vectors of the providers', () => {
  for (const vector of readVectors()) {
    it(`${vector.provider}: ${vector.case} is ${vector.valid ? 'proven' : 'refused'} (${vector.why})`, () => {
      const scheme = schemeOf(vector.provider);
      const texts = Object.values(vector.key).flat();
      const secrets = texts.map((text, index) => secretOf(scheme, text, `secret ${index}`));
      const headers = Object.fromEntries(Object.entries(vector.headers).map(([k, v]) => [k.toLowerCase(), v]));
      const delivery = deliveryOf(Buffer.from(vector.body_base64, 'base64'), headers);
      const clock = vector.now === null ? now : vector.now * 1000;
      const outcome = rejectionOf(() => scheme.verify(delivery, secrets, clock));
      if (vector.valid) {
        expect(outcome).to.equal('verified');
      } else {
        expect(outcome).to.match(/^(signature_|timestamp_)/);
      }
    });
  }
});
