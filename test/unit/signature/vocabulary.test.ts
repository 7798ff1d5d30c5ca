import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import type { EndpointContext, NamedNeed, Secret } from '../../../src/core/model.js';
import { compileSignature } from '../../../src/signature/compile.js';
import type { SignatureDeclaration } from '../../../src/signature/declaration.js';
import { schemeOfCase } from './schemes.js';
import { compiled, deliveryOf, now, rejectionOf, requestOf } from './support.js';

const body = '{"id":"1","n":1050.00}';
const around: EndpointContext = { url: 'https://hooks.example.com/in', params: { key_id: 'k1', shop: 'ACME' } };
const params: readonly NamedNeed[] = ['key_id', 'shop'].map((name) => ({ name, description: name, optional: false }));

function hex(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest('hex');
}

function hmac(text: string, key = 'key'): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

/** Each character moved by 256. */
function raised(text: string): string {
  return String.fromCharCode(...[...text].map((character) => character.charCodeAt(0) + 0x100));
}

interface Sent {
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
  readonly target?: string;
}

function outcome(
  declaration: SignatureDeclaration,
  sent: Sent,
  text = 'key',
  over: Partial<EndpointContext> = {},
): string {
  const { scheme, faults } = compileSignature(declaration, { params });
  if (scheme === undefined) throw new Error(JSON.stringify(faults));
  const delivery = { ...deliveryOf(sent.body ?? body, sent.headers ?? {}), target: sent.target ?? '/in' };
  const secrets: Secret[] = [{ name: 'current', key: scheme.key(text) }];
  return rejectionOf(() => scheme.verify(delivery, secrets, now, { ...around, ...over }));
}

const place = { from: '{header.x}', encoding: 'hex' } as const;
const plain = { algorithm: 'hmac-sha256', signature: place } as const;

/** What is declared, what is sent, and what comes of it. */
const cases: readonly (readonly [string, SignatureDeclaration, Sent, string])[] = [
  ['a filter', { ...plain, content: '{raw|sha256}' }, { headers: { x: hmac(hex('sha256', body)) } }, 'verified'],
  ['crc32', { ...plain, content: '{raw|crc32}' }, { headers: { x: hmac('907060870') }, body: 'hello' }, 'verified'],
  [
    'reverse, upper',
    { ...plain, content: '{json:/id}{param.shop|reverse|lower}' },
    { headers: { x: hmac('1emca') } },
    'verified',
  ],
  ['a number as it is written', { ...plain, content: '{json:/n}' }, { headers: { x: hmac('1050.00') } }, 'verified'],
  [
    'huge numbers',
    { ...plain, content: '{json:/a}|{json:/b}' },
    { headers: { x: hmac('1e400|9007199254740993') }, body: '{"a":1e400,"b":9007199254740993}' },
    'verified',
  ],
  [
    'keys twice',
    { ...plain, content: '{json:/id}' },
    { headers: { x: hmac('1') }, body: '{"id":"1","id":"1"}' },
    'signature_malformed',
  ],
  [
    'the public URL',
    { ...plain, content: '{method} {url} {path} {target}' },
    { headers: { x: hmac('POST https://hooks.example.com/in?a=1 /in /in?a=1') }, target: '/internal?a=1' },
    'verified',
  ],
  [
    'a query field',
    { ...plain, content: '{query.a b}' },
    { headers: { x: hmac('ü') }, target: '/in?a%20b=%C3%BC' },
    'verified',
  ],
  [
    'a repeated query field',
    { ...plain, content: '{query.a}' },
    { headers: { x: hmac('1') }, target: '/in?a=1&a=1' },
    'signature_malformed',
  ],
  ['optional, absent', { ...plain, content: '[{header.y}:]{raw}' }, { headers: { x: hmac(body) } }, 'verified'],
  [
    'pairs, each once',
    { ...plain, content: [{ pairs: { of: 'form', sort: true, unique: true, kv: '', join: '|' } }] },
    { headers: { x: hmac('a|a12|a13|a1b|a12') }, body: 'a=13&a1=2&a=12&a1=b&a=13&a=&a=12' },
    'signature_mismatch',
  ],
  [
    'pairs, each once, name before value',
    { ...plain, content: [{ pairs: { of: 'form', sort: true, unique: true, kv: '', join: '|' } }] },
    { headers: { x: hmac('a|a12|a13|a12|a1b') }, body: 'a=13&a1=2&a=12&a1=b&a=13&a=&a=12' },
    'verified',
  ],
  [
    'optional, there',
    { ...plain, content: '[{header.y}:]{raw}' },
    { headers: { x: hmac(`1:${body}`), y: '1' } },
    'verified',
  ],
  [
    'optional, added',
    { ...plain, content: '[{header.y}:]{raw}' },
    { headers: { x: hmac(body), y: '1' } },
    'signature_mismatch',
  ],
  [
    'let',
    { ...plain, let: { a: '{json:/id}', b: '{let.a|md5}x' }, content: '{let.b|sha1}' },
    { headers: { x: hmac(hex('sha1', `${hex('md5', '1')}x`)) } },
    'verified',
  ],
  ['contentAny', { ...plain, contentAny: ['{header.y}', '{raw}'] }, { headers: { x: hmac(body) } }, 'verified'],
  [
    'a digest with the secret',
    { algorithm: 'md5', signature: place, content: '{raw}{secret}' },
    { headers: { x: hex('md5', `${body}key`) } },
    'verified',
  ],
  [
    'a digest with another',
    { algorithm: 'md5', signature: place, content: '{raw}{secret}' },
    { headers: { x: hex('md5', `${body}yek`) } },
    'signature_mismatch',
  ],
  ['equals', { algorithm: 'equals', signature: { from: '{header.x}' } }, { headers: { x: 'key' } }, 'verified'],
  [
    'equals, another',
    { algorithm: 'equals', signature: { from: '{header.x}' } },
    { headers: { x: 'kez' } },
    'signature_mismatch',
  ],
  [
    'equals, longer',
    { algorithm: 'equals', signature: { from: '{header.x}' } },
    { headers: { x: 'key ' } },
    'signature_mismatch',
  ],
  [
    'equals, non-ASCII',
    { algorithm: 'equals', signature: { from: '{header.x}' } },
    { headers: { x: 'kéy' } },
    'signature_mismatch',
  ],
  [
    'hexadecimal digits in a field of the body',
    { ...plain, signature: { from: '{json:/x}', encoding: 'hex' }, content: '{json:/id}' },
    { body: JSON.stringify({ id: '1', x: hmac('1').toUpperCase() }) },
    'verified',
  ],
  [
    'characters whose lower halves are the digits',
    { ...plain, signature: { from: '{json:/x}', encoding: 'hex' }, content: '{json:/id}' },
    { body: JSON.stringify({ id: '1', x: raised(hmac('1')) }) },
    'signature_malformed',
  ],
  [
    'characters whose lower halves are the digits, beside others',
    { ...plain, signature: { from: '{json:/x}', encoding: 'hex', split: { items: ',' } }, content: '{json:/id}' },
    { body: JSON.stringify({ id: '1', x: `${raised(hmac('1'))},${hmac('2')}` }) },
    'signature_mismatch',
  ],
  [
    'equals, a bearer',
    { algorithm: 'equals', signature: { from: '{header.x}', strip: 'Bearer ' } },
    { headers: { x: 'bearer key' } },
    'verified',
  ],
  ['basic', { algorithm: 'basic' }, { headers: { authorization: 'Basic a2V5' } }, 'verified'],
  [
    'basic, another scheme',
    { algorithm: 'basic' },
    { headers: { authorization: 'Digest a2V5' } },
    'signature_malformed',
  ],
  ['basic, no base64', { algorithm: 'basic' }, { headers: { authorization: 'Basic ****' } }, 'signature_malformed'],
  ['basic, missing', { algorithm: 'basic' }, {}, 'signature_missing'],
  [
    'a key by template',
    {
      ...plain,
      signature: { ...place, split: { items: ', ', pair: '/' }, pick: '{param.key_id}', strip: 'SHA256/' },
      content: '{raw}',
    },
    { headers: { x: `k0/SHA256/${'0'.repeat(64)}, k1/SHA256/${hmac(body)}` } },
    'verified',
  ],
  [
    'any key',
    { ...plain, signature: { ...place, split: { items: ', ', pair: '/' }, pick: '*' }, content: '{raw}' },
    { headers: { x: `k0/${'0'.repeat(64)}, k7/${hmac(body)}` } },
    'verified',
  ],
  [
    'a position',
    { ...plain, signature: { ...place, split: { items: '###' }, pick: '0' }, content: '{raw}{sig.1}' },
    { headers: { x: `${hmac(`${body}1`)}###1` } },
    'verified',
  ],
  [
    'another position',
    { ...plain, signature: { ...place, split: { items: '###' }, pick: '1' }, content: '{raw}' },
    { headers: { x: `${hmac(body)}###1` } },
    'signature_malformed',
  ],
  [
    'base64 of hex',
    { ...plain, signature: { from: '{header.x}', encoding: 'base64-hex' }, content: '{raw}' },
    { headers: { x: Buffer.from(hmac(body)).toString('base64') } },
    'verified',
  ],
  [
    'several places',
    { ...plain, signature: { from: ['{header.x-1}', '{header.x-2}'], encoding: 'hex' }, content: '{raw}' },
    { headers: { 'x-1': '0'.repeat(64), 'x-2': hmac(body) } },
    'verified',
  ],
  [
    'an algorithm by name',
    { algorithm: { switch: '{header.y}', cases: { A: 'hmac-sha256' } }, signature: place, content: '{raw}' },
    { headers: { x: hmac(body), y: 'A' } },
    'verified',
  ],
  [
    'one that is not listed',
    { algorithm: { switch: '{header.y}', cases: { A: 'hmac-sha256' } }, signature: place, content: '{raw}' },
    { headers: { x: hmac(body), y: 'constructor' } },
    'signature_malformed',
  ],
  [
    'require',
    { ...plain, content: '{raw}', require: { '{header.v}': ['1', '2'], '{header.shop}': '{param.shop}' } },
    { headers: { x: hmac(body), v: '2', shop: 'ACME' } },
    'verified',
  ],
  [
    'require, unmet',
    { ...plain, content: '{raw}', require: { '{header.v}': ['1', '2'] } },
    { headers: { x: hmac(body), v: '3' } },
    'signature_malformed',
  ],
  [
    'require, absent',
    { ...plain, content: '{raw}', require: { '{header.v}': false } },
    { headers: { x: hmac(body), v: '3' } },
    'signature_malformed',
  ],
  [
    'pairs until',
    { ...plain, content: [{ pairs: { of: 'form', until: 'sign', encode: true } }, '&key={secret|urlencode}'] },
    { headers: { x: hmac('b=1+2&a=%C3%A9&key=key') }, body: 'b=1%202&a=%c3%a9&sign=x&c=3' },
    'verified',
  ],
  [
    'pairs until, one of them again after the end',
    { ...plain, content: [{ pairs: { of: 'form', until: 'sign', encode: true } }, '&key={secret|urlencode}'] },
    { headers: { x: hmac('b=1+2&a=%C3%A9&key=key') }, body: 'b=1%202&a=%c3%a9&sign=x&a=2' },
    'signature_malformed',
  ],
  [
    'pairs of JSON',
    { ...plain, content: [{ pairs: { of: 'json', sort: true, values: true, join: '/' } }] },
    { headers: { x: hmac('1/2.0') }, body: '{"b":2.0,"a":"1"}' },
    'verified',
  ],
  [
    'seconds or milliseconds',
    { ...plain, content: '{header.t}', timestamp: { value: '{header.t}', unit: 's|ms', tolerance: '5m' } },
    { headers: { x: hmac(String(now)), t: String(now) } },
    'verified',
  ],
  [
    'seconds or milliseconds, old',
    { ...plain, content: '{header.t}', timestamp: { value: '{header.t}', unit: 's|ms', tolerance: '5m' } },
    { headers: { x: hmac('1600000000'), t: '1600000000' } },
    'timestamp_stale',
  ],
  [
    'nanoseconds',
    { ...plain, content: '{header.t}', timestamp: { value: '{header.t}', unit: 'iso8601', tolerance: '5m' } },
    { headers: { x: hmac('2023-11-14T22:13:20.123456789Z'), t: '2023-11-14T22:13:20.123456789Z' } },
    'verified',
  ],
  [
    'a time without a zone, where it is UTC',
    { ...plain, content: '{header.t}', timestamp: { value: '{header.t}', unit: 'iso8601-utc', tolerance: '5m' } },
    { headers: { x: hmac('2023-11-14T22:13:20.123456'), t: '2023-11-14T22:13:20.123456' } },
    'verified',
  ],
  [
    'a time with a zone, where it may have none',
    { ...plain, content: '{header.t}', timestamp: { value: '{header.t}', unit: 'iso8601-utc', tolerance: '5m' } },
    { headers: { x: hmac('2023-11-14T23:13:20+01:00'), t: '2023-11-14T23:13:20+01:00' } },
    'verified',
  ],
  [
    'an old time without a zone',
    { ...plain, content: '{header.t}', timestamp: { value: '{header.t}', unit: 'iso8601-utc', tolerance: '5m' } },
    { headers: { x: hmac('2023-11-14T22:08:19'), t: '2023-11-14T22:08:19' } },
    'timestamp_stale',
  ],
  [
    'a time without a zone, where it needs one',
    { ...plain, content: '{header.t}', timestamp: { value: '{header.t}', unit: 'iso8601', tolerance: '5m' } },
    { headers: { x: hmac('2023-11-14T22:13:20'), t: '2023-11-14T22:13:20' } },
    'timestamp_malformed',
  ],
  [
    'a time in a large body',
    { ...plain, content: '{raw}', timestamp: { value: '{json:/t}', unit: 'ms', tolerance: '5m' } },
    {
      headers: { x: hmac(`{"t":${now},"x":"${'x'.repeat(600_000)}"}`) },
      body: `{"t":${now},"x":"${'x'.repeat(600_000)}"}`,
    },
    'verified',
  ],
];

describe('the vocabulary', () => {
  for (const [what, declaration, sent, expected] of cases) {
    it(what, () => {
      expect(outcome(declaration, sent)).to.equal(expected);
    });
  }

  it('keys: filters, derivation, decoding', () => {
    const sent = (key: string | Buffer) => ({ headers: { x: createHmac('sha256', key).update(body).digest('hex') } });
    const declared = { ...plain, content: '{raw}' };
    expect(outcome({ ...declared, key: { filters: ['trim', 'upper'] } }, sent('KEY'), ' key ')).to.equal('verified');
    const derived = createHash('sha1').update('key').digest();
    expect(outcome({ ...declared, key: { derive: 'sha1' } }, sent(derived))).to.equal('verified');
    expect(outcome({ ...declared, key: { decode: 'base64url' } }, sent(Buffer.from('fbff', 'hex')), '-_8')).to.equal(
      'verified',
    );
  });

  it('a detached JWS: of contents of up to 384 KiB together, whichever of them is signed', () => {
    const scheme = compiled({
      algorithm: 'jws-detached',
      signature: { from: '{header.x}' },
      contentAny: ['{path}\n{raw}', '{path|no_slash}\n{raw}', '{path}/\n{raw}'],
      jwt: { algorithms: ['ES256'] },
      key: { format: 'pem' },
    });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = scheme.key(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const signedAt = (path: string, size: number) => {
      const { headers, body } = scheme.sign(
        { ...requestOf('x'.repeat(size)), url: `http://127.0.0.1${path}` },
        key,
        now,
      );
      return { ...deliveryOf(body, headers), target: path };
    };
    const read = (sent: ReturnType<typeof deliveryOf>, target: string) =>
      rejectionOf(() => scheme.verify({ ...sent, target }, [{ name: 'a', key }], now));
    // Of two contents, each with some bytes before the body.
    const largest = 192 * 1024 - 12;
    expect(read(signedAt('/in', largest), '/in')).to.equal('verified');
    expect(read(signedAt('/in/', largest), '/in')).to.equal('verified');
    expect(read(signedAt('/in', 128 * 1024 - 12), '/in/')).to.equal('verified');
    expect(read(signedAt('/other', 1), '/in')).to.equal('signature_mismatch');
    const large = { ...signedAt('/in', 1), body: Buffer.alloc(192 * 1024) };
    expect(read(large, '/in')).to.equal('signature_malformed');
  });

  it('a secret beyond ASCII equals what is sent as UTF-8', () => {
    const sent = Buffer.from('kéy€').toString('latin1');
    const inHeader = { algorithm: 'equals', signature: { from: '{header.x}' } } as const;
    expect(outcome(inHeader, { headers: { x: sent } }, 'kéy€')).to.equal('verified');
    expect(outcome(inHeader, { headers: { x: 'kéy' } }, 'kéy')).to.equal('signature_mismatch');
    const inBody = { algorithm: 'equals', signature: { from: '{json:/x}' } } as const;
    expect(outcome(inBody, { body: '{"x":"kéy€"}' }, 'kéy€')).to.equal('verified');
    expect(outcome(inBody, { body: JSON.stringify({ x: sent }) }, 'kéy€')).to.equal('signature_mismatch');
    expect(outcome(inBody, { body: JSON.stringify({ x: raised('key') }) })).to.equal('signature_mismatch');
  });

  for (const from of ['{header.x}', '{json:/x}', '{query.x}'] as const) {
    it(`a secret beyond ASCII is signed as it is verified: ${from}`, () => {
      const scheme = compiled({ algorithm: 'equals', signature: { from } });
      const key = scheme.key('kéy€');
      const { headers, body, url } = scheme.sign(requestOf('{}'), key, now);
      const delivery = { ...deliveryOf(body, headers), target: url.slice('http://127.0.0.1'.length) };
      expect(rejectionOf(() => scheme.verify(delivery, [{ name: 'a', key }], now))).to.equal('verified');
    });
  }

  it('a URL that nobody configured is never that of the request', () => {
    const declared = { ...plain, content: '{url}' };
    const scheme = compiled(declared);
    const delivery = deliveryOf(body, { x: hmac('https://hooks.example.com/in'), host: 'hooks.example.com' });
    const secrets = [{ name: 'a', key: scheme.key('key') }];
    expect(rejectionOf(() => scheme.verify(delivery, secrets, now))).to.equal('signature_malformed');
    expect(scheme.needs.url).to.equal(true);
  });

  it('several kinds of secrets: all must fit', () => {
    const secrets: readonly NamedNeed[] = ['hmac_key', 'password'].map((name) => ({
      name,
      description: name,
      optional: false,
    }));
    const { scheme } = compileSignature(
      {
        all: [
          { ...plain, content: '{raw}', key: { secret: 'hmac_key' } },
          { algorithm: 'basic', key: { secret: 'password' } },
        ],
      },
      { secrets },
    );
    if (scheme === undefined) throw new Error('no scheme');
    const keys: Secret[] = [
      { name: 'a', for: 'hmac_key', key: scheme.key('key', 'hmac_key') },
      { name: 'b', for: 'password', key: scheme.key('me:pass', 'password') },
    ];
    const basic = `Basic ${Buffer.from('me:pass').toString('base64')}`;
    const of = (headers: { readonly [name: string]: string }) =>
      rejectionOf(() => scheme.verify(deliveryOf(body, headers), keys, now));
    expect(of({ x: hmac(body), authorization: basic })).to.equal('verified');
    expect(of({ x: hmac(body), authorization: 'Basic a2V5' })).to.equal('signature_mismatch');
    expect(of({ x: hmac(body) })).to.equal('signature_missing');
    expect(of({ x: hmac(body, 'me:pass'), authorization: basic })).to.equal('signature_mismatch');
    expect(of({ authorization: basic })).to.equal('signature_missing');
  });

  it('any: a weaker signature counts only where its `when` says so', () => {
    const weak: SignatureDeclaration = {
      ...plain,
      signature: { from: '{header.v0}', encoding: 'hex' },
      content: '{raw}',
    };
    const strong = { ...plain, signature: { from: '{header.v1}', encoding: 'hex' }, content: '1{raw}' } as const;
    const declared = { any: [strong, { ...weak, when: { '{header.v1}': false } }] };
    expect(outcome(declared, { headers: { v0: hmac(body) } })).to.equal('verified');
    expect(outcome(declared, { headers: { v1: hmac(`1${body}`) } })).to.equal('verified');
    expect(outcome(declared, { headers: { v0: hmac(body), v1: '0'.repeat(64) } })).to.equal('signature_mismatch');
    expect(outcome(declared, {})).to.equal('signature_missing');
  });

  const binds = {
    stripe: 'body',
    adyen: 'fields',
    paypal: 'nothing',
    square: 'body',
    paddle_classic: 'body',
    messagebird: 'body',
    truelayer: 'body',
    mailgun: 'fields',
    moov: 'nothing',
    plivo_v2: 'nothing',
    shopify_offsite: 'fields',
    twilio: 'body',
    coinbase_cdp: 'body',
    nuvei: 'fields',
  };
  for (const [provider, expected] of Object.entries(binds)) {
    it(`${provider} binds: ${expected}`, () => {
      expect(schemeOfCase(provider).binds).to.equal(expected);
    });
  }
});
