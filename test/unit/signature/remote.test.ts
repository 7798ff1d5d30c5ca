import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import * as jose from 'jose';
import type { Delivery, KeyDocument, Scheme, Secret } from '../../../src/core/model.js';
import type { SchemeDeclaration } from '../../../src/signature/declaration.js';
import { certify } from '../server/keys/certificate.js';
import { compiled, deliveryOf, now, rejectionOf } from './support.js';

function certificate(name: string): string {
  return readFileSync(new URL(`../../cases/signature/certificates/${name}.pem`, import.meta.url), 'utf8');
}

const declared: SchemeDeclaration = {
  algorithm: 'ecdsa-sha256',
  signature: { from: '{header.x-signature}', encoding: 'base64' },
  content: '{raw}',
  key: {
    format: 'cert',
    subject: 'keys.example.com',
    ca: certificate('ca'),
    remote: {
      url: '{header.x-cert-url}',
      hosts: ['keys.example.com', '^sns\\.[a-z]{2}(-[a-z]+)+-[0-9]{1,2}\\.example\\.com$'],
      pathSuffix: '.pem',
    },
  },
};
const scheme = compiled(declared);
const none: readonly Secret[] = [];

function signed(url: string): Delivery {
  const request = { method: 'POST', url: 'http://gateway/in', headers: { 'x-cert-url': url }, body: Buffer.from('{}') };
  const { headers } = scheme.sign(request, scheme.key(certificate('leaf.key')), now);
  return deliveryOf('{}', headers);
}

/** What verification says with this document in the place of every key. */
function outcome(of: Scheme, delivery: Delivery, document: KeyDocument | undefined, clock = 1_800_000_000_000): string {
  return rejectionOf(() => {
    const requests = of.remoteKeys(delivery, none, clock);
    const keys = new Map(requests.flatMap(({ id }) => (document === undefined ? [] : [[id, document] as const])));
    of.verify(delivery, none, clock, { params: {}, keys });
  });
}

describe('keys that are fetched', () => {
  const good = 'https://keys.example.com/a.pem';
  const leaf = { text: certificate('leaf') };

  it('are asked for where the delivery says', () => {
    expect(scheme.fetchesKeys).to.equal(true);
    const [request] = scheme.remoteKeys(signed(good), none, now);
    expect(request).to.include({ url: good, method: 'GET' });
  });

  it('prove, with a certificate that is valid and made out to the provider', () => {
    expect(outcome(scheme, signed(good), leaf)).to.equal('verified');
    expect(outcome(scheme, signed('https://sns.eu-west-1.example.com/a.pem'), leaf)).to.equal('verified');
  });

  const urls = [
    ['another host', 'https://evil.example/a.pem'],
    ['a host that ends alike', 'https://evilkeys.example.com/a.pem'],
    ['a host as a subdomain of another', 'https://keys.example.com.evil.example/a.pem'],
    ['a bucket', 'https://sns.s3.example.com/a.pem'],
    ['a bucket of a region', 'https://sns.s3-eu-west-1.example.com/a.pem'],
    ['another service', 'https://sns.execute-api.example.com/a.pem'],
    ['a query', 'https://keys.example.com/a.pem?x=1'],
    ['two labels for one', 'https://sns.a.b.example.com/a.pem'],
    ['credentials', 'https://keys.example.com@evil.example/a.pem'],
    ['credentials for the right host', 'https://me:pass@keys.example.com/a.pem'],
    ['no TLS', 'http://keys.example.com/a.pem'],
    ['another port', 'https://keys.example.com:8443/a.pem'],
    ['another path', 'https://keys.example.com/a.txt?x=.pem'],
    ['a file', 'file:///etc/passwd.pem'],
    ['no URL', 'keys.example.com/a.pem'],
    ['a very long one', `https://keys.example.com/${'a'.repeat(5000)}.pem`],
  ] as const;
  for (const [what, url] of urls) {
    it(`are not asked for: ${what}`, () => {
      expect(outcome(scheme, signed(url), leaf)).to.equal('key_untrusted');
    });
  }

  const documents: readonly (readonly [string, string, string])[] = [
    ['with its issuer', certificate('leaf') + certificate('ca'), 'verified'],
    ['with others that have nothing to do with it', certificate('leaf') + certificate('other'), 'verified'],
    ['of another subject', certificate('ca'), 'key_untrusted'],
    ['rubbish', 'rubbish', 'key_untrusted'],
    ['nothing', '', 'key_untrusted'],
    ['rubbish in armour', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'key_untrusted'],
  ];
  for (const [what, text, expected] of documents) {
    it(`a certificate: ${what}`, () => {
      expect(outcome(scheme, signed(good), { text })).to.equal(expected);
    });
  }

  it('a certificate that is not valid yet, or any more', () => {
    expect(outcome(scheme, signed(good), leaf, 1_000_000_000_000)).to.equal('key_untrusted');
    expect(outcome(scheme, signed(good), leaf, 9_999_999_999_999)).to.equal('key_untrusted');
  });

  it('that could not be had are no verdict', () => {
    expect(outcome(scheme, signed(good), undefined)).to.equal('key_unavailable');
  });

  it('are not asked for where the endpoint gives the key itself', () => {
    const secrets = [{ name: 'own', key: scheme.key(certificate('leaf.key')) }];
    const delivery = signed('https://evil.example/');
    expect(scheme.remoteKeys(delivery, secrets, now)).to.deep.equal([]);
    expect(scheme.verify(delivery, secrets, now).secret).to.equal('own');
  });
});

describe('certificates of whoever asks', () => {
  const expires = Date.UTC(2040, 0);
  const authority = certify({ name: 'ca.example.com', authority: true, expires });
  const { key: declaredKey = {} } = declared;
  const trusting = compiled({ ...declared, key: { ...declaredKey, ca: authority.cert } });

  it('are good for the names that they have', () => {
    const names: readonly (readonly [string, string])[] = [
      ['keys.example.com', 'verified'],
      ['a.keys.example.com', 'verified'],
      ['evilkeys.example.com', 'key_untrusted'],
      ['keys.example.com.evil.example', 'key_untrusted'],
    ];
    for (const [name, expected] of names) {
      const { cert, key } = certify({ name, issuer: authority, expires });
      expect(outcome(trusting, signedBy(key), { text: cert + authority.cert }), name).to.equal(expected);
    }
  });

  it('are no authority for others', () => {
    const stranger = certify({ name: 'evil.example', issuer: authority, expires });
    const { cert, key } = certify({ name: 'keys.example.com', issuer: stranger, expires });
    expect(outcome(trusting, signedBy(key), { text: cert + stranger.cert + authority.cert })).to.equal('key_untrusted');
  });

  function signedBy(key: KeyObject): Delivery {
    const headers = { 'x-cert-url': 'https://keys.example.com/a.pem' };
    const request = { method: 'POST', url: 'http://gateway/in', headers, body: Buffer.from('{}') };
    return deliveryOf('{}', trusting.sign(request, key, now).headers);
  }
});

describe('names of keys', () => {
  const named = compiled({
    ...declared,
    key: {
      format: 'pem',
      remote: {
        url: 'https://keys.example.com/{header.x-kid}',
        hosts: ['keys.example.com'],
        forms: { '{header.x-kid}': '[0-9a-f]{8}' },
      },
    },
  });

  it('are not asked for unless they look like one', () => {
    const ask = (kid: string) => () =>
      named.remoteKeys(deliveryOf('{}', { 'x-signature': 'AAAA', 'x-kid': kid }), none, now);
    expect(ask('0123abcd')()).to.have.length(1);
    for (const kid of ['abc', '~', 'a..b', '0123abcd0', '0123abcd\n', 'x0123abcd', '']) {
      expect(rejectionOf(ask(kid)), kid).to.equal('key_untrusted');
    }
  });
});

describe('tokens whose key is fetched', () => {
  const tokens = compiled({
    algorithm: 'jwt',
    signature: { from: '{header.authorization}', strip: 'Bearer ' },
    jwt: { algorithms: ['ES256', 'EdDSA', 'RS256'], claims: { hash: '{raw|sha256}', aud: 'gateway' }, maxAge: '300s' },
    key: { format: 'jwks', remote: { url: 'https://keys.example.com/jwks', hosts: ['keys.example.com'] } },
  });
  const clock = 1_800_000_000_000;
  const body = '{"a":1}';
  const hash = 'f1f8f1a1b4ae3a17d8b5ef4bf1c1ad1d';

  for (const alg of ['ES256', 'EdDSA', 'RS256']) {
    it(`${alg}: jose signs what we accept`, async () => {
      const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
      const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'k1' };
      const digest = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(body))).toString('hex');
      const sign = (claims: jose.JWTPayload, header = {}) =>
        new jose.SignJWT(claims).setProtectedHeader({ alg, kid: 'k1', ...header }).sign(privateKey);
      const fits = { iat: clock / 1000, hash: digest, aud: ['other', 'gateway'] };
      const document = { text: JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'k0' }, jwk] }) };
      const of = async (token: Promise<string>) =>
        outcome(tokens, deliveryOf(body, { authorization: `bearer ${await token}` }), document, clock);
      expect(await of(sign(fits))).to.equal('verified');
      expect(await of(sign({ ...fits, hash }))).to.equal('signature_mismatch');
      expect(await of(sign({ ...fits, aud: 'other' }))).to.equal('signature_mismatch');
      expect(await of(sign({ ...fits, iat: clock / 1000 - 301 }))).to.equal('timestamp_stale');
      expect(await of(sign({ ...fits, exp: clock / 1000 - 1 }))).to.equal('timestamp_stale');
      expect(await of(sign({ ...fits, nbf: clock / 1000 + 90 }))).to.equal('timestamp_future');
      expect(await of(sign({ hash: digest, aud: 'gateway' }))).to.equal('timestamp_malformed');
      expect(await of(sign(fits, { kid: 'k2' }))).to.equal('key_untrusted');
      expect(await of(sign(fits, { crit: ['b64'], b64: true }).catch(() => 'x.y.z'))).to.equal('signature_malformed');
      const spki = await jose.exportSPKI(publicKey);
      const confused = new jose.SignJWT(fits).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(Buffer.from(spki));
      expect(await of(confused)).to.equal('signature_malformed');
      const unsigned = Promise.resolve(new jose.UnsecuredJWT(fits).encode());
      expect(await of(unsigned)).to.equal('signature_malformed');
    });
  }

  it('jose accepts what we sign', async () => {
    const pair = await jose.generateKeyPair('ES256', { extractable: true });
    const key = tokens.key(await jose.exportPKCS8(pair.privateKey));
    const request = { method: 'POST', url: 'http://gateway/in', headers: {}, body: Buffer.from(body) };
    const token = tokens.sign(request, key, clock).headers.authorization?.replace('Bearer ', '') ?? '';
    const { payload } = await jose.jwtVerify(token, pair.publicKey, {
      currentDate: new Date(clock),
      audience: 'gateway',
    });
    expect(payload.hash).to.match(/^[0-9a-f]{64}$/);
  });

  it('HS256 with a public key is not a signature, even where HS256 is allowed', async () => {
    const mixed = compiled({
      algorithm: 'jwt',
      signature: { from: '{header.authorization}' },
      jwt: { algorithms: ['HS256', 'ES256'] },
      key: { format: 'pem' },
    });
    const { publicKey } = await jose.generateKeyPair('ES256', { extractable: true });
    const spki = await jose.exportSPKI(publicKey);
    const token = await new jose.SignJWT({}).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(spki));
    const secrets = [{ name: 'public', key: mixed.key(spki) }];
    const delivery = deliveryOf(body, { authorization: token });
    expect(rejectionOf(() => mixed.verify(delivery, secrets, clock))).to.equal('signature_mismatch');
  });
});
