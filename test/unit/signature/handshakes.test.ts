import { createHmac, createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Delivery, Secret } from '../../../src/core/model.js';
import { compileSignature } from '../../../src/signature/compile.js';
import type { HandshakeDeclaration, SignatureDeclaration } from '../../../src/signature/declaration.js';
import { compileHandshakes } from '../../../src/signature/handshake.js';
import { needsOf } from './schemes.js';
import { deliveryOf, now } from './support.js';

interface HandshakeCase {
  readonly secrets?: { readonly [name: string]: { readonly description: string } };
  readonly params?: HandshakeCase['secrets'];
  readonly signature?: SignatureDeclaration;
  readonly handshakes: readonly HandshakeDeclaration[];
  readonly requests: readonly RequestCase[];
}

interface RequestCase {
  readonly method: string;
  readonly target?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
  readonly secret?: string;
  readonly answer?: string;
  readonly json?: unknown;
  readonly status?: number;
}

const cases: { readonly [provider: string]: HandshakeCase } = parse(
  readFileSync(new URL('../../cases/signature/handshakes.yaml', import.meta.url), 'utf8'),
);
const plain: SignatureDeclaration = {
  algorithm: 'hmac-sha256',
  signature: { from: '{header.x}', encoding: 'hex' },
  content: '{raw}',
};

function isHash(value: unknown): value is { prefix?: string; hash: { 'hmac-sha256': string; as: 'hex' | 'base64' } } {
  return typeof value === 'object' && value !== null && 'hash' in value;
}

/** The expected JSON, its digests computed. */
function expected(json: unknown): string {
  return JSON.stringify(json, (_, value: unknown) => {
    if (!isHash(value)) return value;
    const { 'hmac-sha256': text, as } = value.hash;
    return (value.prefix ?? '') + createHmac('sha256', 'the secret').update(text).digest(as);
  });
}

describe('handshakes', () => {
  for (const [provider, { signature = plain, ...declared }] of Object.entries(cases)) {
    const facts = { secrets: needsOf(declared.secrets), params: needsOf(declared.params) };
    const { handshakes, faults } = compileHandshakes(declared.handshakes, signature, facts);
    const { scheme } = compileSignature(signature, facts);

    function answer({ method, target = '/in', headers = {}, body = '', secret = 'the secret' }: RequestCase) {
      const delivery: Delivery = { ...deliveryOf(body, headers), method, target };
      const kind = Object.keys(declared.secrets ?? {})[0];
      const secrets: Secret[] = [
        {
          name: 'a',
          key: scheme?.key(secret, kind) ?? createSecretKey(Buffer.from('x')),
          ...(kind ? { for: kind } : {}),
        },
        { name: 'b', key: createSecretKey(Buffer.from('verify-token')), for: 'verify_token' },
      ];
      const around = { params: { public_key: 'integration_public_key' } };
      return handshakes.map((each) => each.answer(delivery, secrets, now, around)).find((each) => each !== undefined);
    }

    it(`${provider}: the declaration has no fault`, () => {
      expect(faults).to.deep.equal([]);
    });

    for (const request of declared.requests) {
      it(`${provider}: ${request.method} ${request.target ?? ''} ${request.body ?? ''}`, () => {
        const answered = answer(request);
        const { status = 200 } = request;
        if (request.json !== undefined) {
          expect(answered).to.deep.equal({ status, type: 'application/json', body: expected(request.json) });
        } else if (request.answer === undefined) {
          expect(answered).to.equal(undefined);
        } else {
          expect(answered).to.include({ status, body: request.answer });
        }
      });
    }
  }

  it('a key that only a handshake may use is refused elsewhere', () => {
    const { faults } = compileSignature({ ...plain, content: '{raw|hmac-sha256}' });
    expect(faults[0]?.message).to.match(/only stand in the answer of a handshake/);
  });
});
