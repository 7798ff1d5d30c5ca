import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Delivery, EndpointContext, OutgoingRequest, Secret } from '../../../src/core/model.js';
import type { SchemeDeclaration, SignatureDeclaration } from '../../../src/signature/declaration.js';
import { schemeCases, schemeOfCase } from './schemes.js';
import { deliveryOf, now, rejectionOf } from './support.js';

const privateKeys = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  ed25519: generateKeyPairSync('ed25519').privateKey,
} as const;

const vectors = readFileSync(new URL('../../cases/signature/vectors.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): { provider: string; valid: boolean; body_base64: string } => JSON.parse(line));

/** Bodies of the providers whose schemes read fields, from their vectors; the others sign any bytes. */
function bodyOf(provider: string): Buffer | undefined {
  if (!/\{(form|json|item)|"of":"form"/.test(JSON.stringify(schemeCases[provider]))) return undefined;
  const found = vectors.find((vector) => vector.provider === provider && vector.valid);
  return found && Buffer.from(found.body_base64, 'base64');
}

function firstScheme(declaration: SignatureDeclaration): SchemeDeclaration {
  if ('algorithm' in declaration) return declaration;
  const [first] = 'any' in declaration ? declaration.any : 'all' in declaration ? declaration.all : [];
  if (first === undefined) throw new Error('an empty list');
  return firstScheme(first);
}

function pemOf(name: keyof typeof privateKeys): string {
  return privateKeys[name].export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A secret of the form that the scheme takes; hex digits are base64 and text as well. */
function secretText({ algorithm, key, jwt }: SchemeDeclaration): string {
  const name = typeof algorithm === 'string' ? algorithm : (Object.values(algorithm.cases)[0] ?? '');
  if (jwt?.algorithms[0] === 'ES512') return pemOf('P-521');
  if (name.startsWith('rsa')) return pemOf('rsa');
  if (name.startsWith('ecdsa')) return pemOf('P-256');
  if (name === 'ed25519') return pemOf('ed25519');
  return `${key?.strip?.[0] ?? ''}0123456789abcdef0123456789abcdef`;
}

const around: EndpointContext = {
  url: 'https://hooks.example.com/in',
  params: { webhook_id: 'WH-1', app_key: 'app', merchant_key: 'shop', api_key: 'api' },
};

interface Subject {
  readonly sign: (body: Buffer) => OutgoingRequest;
  readonly outcome: (request: OutgoingRequest) => string;
}

function subjectOf(provider: string): Subject {
  const scheme = schemeOfCase(provider);
  const declared = firstScheme(schemeCases[provider]?.signature ?? { any: [] });
  const kind = declared.key?.secret;
  const key = scheme.key(secretText(declared), kind);
  const secrets: Secret[] = [{ name: 'current', key, ...(kind !== undefined && { for: kind }) }];
  const form = JSON.stringify(declared).includes('form');
  const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
  return {
    sign: (body) => {
      const headers = { 'content-type': type };
      return scheme.sign({ method: 'POST', url: `${around.url}`, headers, body }, key, now, around, secrets);
    },
    outcome: (request) => {
      const target = request.url.replace('https://hooks.example.com', '');
      const delivery: Delivery = { ...deliveryOf(request.body, request.headers), target };
      return rejectionOf(() => scheme.verify(delivery, secrets, now, around));
    },
  };
}

const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((array) => Buffer.from(array));

function flip(old: Buffer, at: number): Buffer {
  const flipped = Buffer.from(old);
  const index = (at >> 3) % flipped.length;
  flipped[index] = (flipped[index] ?? 0) ^ (1 << (at & 7));
  return flipped;
}

const refused = /^(signature|timestamp)_/;

describe('every scheme of the vectors', () => {
  for (const provider of Object.keys(schemeCases)) {
    const fixed = bodyOf(provider);
    const bodies = fixed === undefined ? bytes : fc.constant(fixed);
    const runs = { numRuns: fixed === undefined ? 30 : 1 };

    it(`${provider}: what is signed is proven`, () => {
      const { sign, outcome } = subjectOf(provider);
      fc.assert(
        fc.property(bodies, (body) => {
          expect(outcome(sign(body))).to.equal('verified');
        }),
        runs,
      );
    });

    it(`${provider}: one flipped bit of what is bound is refused`, () => {
      const { sign, outcome } = subjectOf(provider);
      const { binds } = schemeOfCase(provider);
      fc.assert(
        fc.property(bodies, fc.nat(), (body, at) => {
          const signed = sign(body);
          const tampered = { ...signed, body: flip(signed.body, at) };
          if (binds === 'body' && fixed === undefined) expect(outcome(tampered)).to.match(refused);
          else expect(outcome(tampered)).to.match(/^(verified|signature_|timestamp_)/);
        }),
        { numRuns: 30 },
      );
    });

    it(`${provider}: anything in the place of what it reads is a rejection, never another error`, () => {
      const scheme = schemeOfCase(provider);
      const { outcome, sign } = subjectOf(provider);
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.constantFrom('', '\u0000', ',', '=', 'v1,', '.', '..', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.', 'é'.repeat(64)),
      );
      const signed = sign(fixed ?? Buffer.from('{}'));
      fc.assert(
        fc.property(fc.array(text, { minLength: 8, maxLength: 8 }), bytes, fc.boolean(), (texts, body, own) => {
          const headers = Object.fromEntries(scheme.headers.map((name, index) => [name, texts[index % 8] ?? '']));
          const broken = { ...signed, headers: { ...signed.headers, ...headers }, body: own ? signed.body : body };
          expect(outcome(broken)).to.match(/^(verified|signature_|timestamp_|key_)/);
        }),
        { numRuns: 40 },
      );
    });
  }
});
