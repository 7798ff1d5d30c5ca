import { createCipheriv, createSecretKey } from 'node:crypto';
import { expect } from 'chai';
import type { Delivery } from '../../../src/core/model.js';
import { Rejection } from '../../../src/core/rejection.js';
import type { PayloadDeclaration } from '../../../src/signature/declaration.js';
import { compilePayload } from '../../../src/signature/payload.js';
import { writeJson } from '../../../src/util/json/write.js';
import { deliveryOf, now } from './support.js';

const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

function read(declared: PayloadDeclaration | readonly PayloadDeclaration[], delivery: Delivery): unknown {
  const { read: readPayload, faults } = compilePayload(declared, {});
  expect(faults).to.deep.equal([]);
  try {
    return readPayload(delivery, [], now).value;
  } catch (error) {
    return error instanceof Rejection && error.stage === 'decode' ? error.code : `not a rejection: ${error}`;
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('the payload of a delivery', () => {
  for (const [what, declared, body] of [
    ['JSON', { form: 'json' }, '{"id":820982911946154508,"a":1.0}'],
    [
      'JSON as base64',
      { form: 'json', from: '{json:/r|unbase64}' },
      `{"r":"${base64('{"id":820982911946154508,"a":1.0}')}"}`,
    ],
    ['a token', { form: 'jwt' }, `e30.${Buffer.from('{"id":820982911946154508,"a":1.0}').toString('base64url')}.x`],
  ] as const) {
    it(`has the digits of its numbers: ${what}`, () => {
      const { value, exact } = compilePayload(declared, {}).read(deliveryOf(body, {}), [], now);
      expect(value).to.deep.equal({ id: 820_982_911_946_154_500, a: 1 });
      expect(writeJson(exact?.())).to.equal('{"id":820982911946154508,"a":1.0}');
    });
  }

  const nested =
    '<?xml version="1.0"?><notification><kind>check</kind><subject id="7"><a>1 &amp; 2</a></subject></notification>';
  const value = { notification: { kind: 'check', subject: { '@id': '7', a: '1 & 2' } } };
  const jwt = `eyJhbGciOiJub25lIn0.${Buffer.from('{"id":"1"}').toString('base64url')}.x`;

  const cases: readonly (readonly [string, PayloadDeclaration, string, object, unknown])[] = [
    ['JSON', { form: 'json' }, '{"a":1}', {}, { a: 1 }],
    ['a form', { form: 'form' }, 'a=1&b=%C3%A9+x&c=', form, { a: '1', b: 'é x', c: '' }],
    ['a form with a list', { form: 'form' }, 'a=1&a=2', form, { a: ['1', '2'] }],
    ['a form with __proto__', { form: 'form' }, '__proto__=1', form, JSON.parse('{"__proto__":"1"}')],
    ['JSON in a form', { form: 'json', from: '{form.payload}' }, 'payload=%7B%22a%22%3A1%7D', form, { a: 1 }],
    ['XML', { form: 'xml' }, nested, {}, value],
    [
      'XML as base64 in a form',
      { form: 'xml', from: '{form.p|unbase64}' },
      `p=${encodeURIComponent(base64(nested))}`,
      form,
      value,
    ],
    [
      'JSON as base64 in JSON',
      { form: 'json', from: '{json:/response|unbase64}' },
      `{"response":"${base64('{"a":1}')}"}`,
      {},
      { a: 1 },
    ],
    ['a token', { form: 'jwt' }, jwt, {}, { id: '1' }],
    ['a token in JSON', { form: 'jwt', from: '{json:/t}' }, `{"t":"${jwt}"}`, {}, { id: '1' }],

    ['no JSON', { form: 'json' }, '{"a":', {}, 'payload_malformed'],
    ['not UTF-8', { form: 'json' }, '\xff', {}, 'payload_not_utf8'],
    ['no such field', { form: 'json', from: '{form.payload}' }, 'a=1', form, 'payload_malformed'],
    ['a repeated field', { form: 'json', from: '{form.a}' }, 'a=1&a=1', form, 'payload_malformed'],
    ['a form that is not UTF-8', { form: 'form' }, 'a=%FF', form, 'payload_malformed'],
    [
      'base64 in the wrong alphabet',
      { form: 'json', from: '{json:/r|unbase64}' },
      '{"r":"e-_="}',
      {},
      'payload_malformed',
    ],
    ['keys twice', { form: 'json', from: '{json:/r}' }, '{"r":"1","r":"2"}', {}, 'payload_malformed'],
    ['a part of what is not JSON', { form: 'json', from: '{json:/r}' }, '{"x":nul,"r":"1"}', {}, 'payload_malformed'],
    ['XML that is none', { form: 'xml' }, '<a><b></a>', {}, 'payload_malformed'],
    [
      'an entity',
      { form: 'xml' },
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
      {},
      'payload_malformed',
    ],
    ['a document type', { form: 'xml' }, '<!doctype a><a/>', {}, 'payload_malformed'],
    ['XML of a megabyte', { form: 'xml' }, `<a>${'x'.repeat(1_048_576)}</a>`, {}, { a: 'x'.repeat(1_048_576) }],
    ['XML in great depth', { form: 'xml' }, '<a>'.repeat(5000) + '</a>'.repeat(5000), {}, 'payload_malformed'],
    ['no token', { form: 'jwt' }, 'abc', {}, 'payload_malformed'],
  ];
  for (const [what, declared, body, headers, expected] of cases) {
    it(what, () => {
      const bytes = Buffer.from(body, what.startsWith('not UTF') ? 'latin1' : 'utf8');
      expect(read(declared, deliveryOf(bytes, { ...headers }))).to.deep.equal(expected);
    });
  }

  it('several content types', () => {
    const several = [{ type: 'application/x-www-form-urlencoded', form: 'form' }, { form: 'json' }] as const;
    expect(read(several, deliveryOf('a=1', form))).to.deep.equal({ a: '1' });
    expect(read(several, deliveryOf('{"a":1}', {}))).to.deep.equal({ a: 1 });
    expect(read([several[0]], deliveryOf('{"a":1}', {}))).to.equal('payload_malformed');
  });

  it('multipart', () => {
    const part = (name: string, text: string) =>
      `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const delivery = deliveryOf(`${part('json', '{"a":1}')}${part('b', '2')}--x--\r\n`, headers);
    expect(read({ form: 'form' }, delivery)).to.deep.equal({ json: '{"a":1}', b: '2' });
    expect(read({ form: 'json', from: '{form.json}' }, delivery)).to.deep.equal({ a: 1 });
    expect(read({ form: 'form' }, deliveryOf(part('a', '1'), headers))).to.equal('payload_malformed');
  });
});

describe('an encrypted part of a payload', () => {
  const key = '0123456789abcdef0123456789abcdef';
  const cipher = createCipheriv('aes-256-gcm', key, 'nonce-of-12b').setAAD(Buffer.from('transaction'));
  const bytes = [cipher.update('{"out_trade_no":"1"}'), cipher.final(), cipher.getAuthTag()];
  const resource = {
    ciphertext: Buffer.concat(bytes).toString('base64'),
    nonce: 'nonce-of-12b',
    associated_data: 'transaction',
  };
  const { read: readPayload, faults } = compilePayload(
    {
      form: 'json',
      decrypt: {
        ciphertext: '{json:/resource/ciphertext}',
        nonce: '{json:/resource/nonce}',
        associatedData: '{json:/resource/associated_data|default=}',
        secret: 'api_v3_key',
        into: 'decrypted',
      },
    },
    { secrets: [{ name: 'api_v3_key', description: 'APIv3 key', optional: false }] },
  );

  function readText(body: string, secret = key) {
    const secrets = [{ name: 'k', for: 'api_v3_key', key: createSecretKey(Buffer.from(secret)) }];
    return readPayload(deliveryOf(body, {}), secrets, now);
  }

  function decrypt(changed: object, secret = key): unknown {
    try {
      return readText(JSON.stringify({ id: '1', resource: { ...resource, ...changed } }), secret).value;
    } catch (error) {
      return error instanceof Rejection ? error.code : error;
    }
  }

  it('is put beside the rest', () => {
    expect(faults).to.deep.equal([]);
    expect(decrypt({})).to.deep.include({ id: '1', decrypted: { out_trade_no: '1' } });
  });

  it('has the digits of numbers around it', () => {
    const around = readText(`{"id":820982911946154508,"resource":${JSON.stringify(resource)}}`);
    expect(writeJson(around.exact?.())).to.match(/^\{"id":820982911946154508,.*,"decrypted":\{"out_trade_no":"1"\}\}$/);
    const plain = readText(JSON.stringify({ resource }));
    expect(plain.exact?.()).to.equal(plain.value);
  });

  for (const [what, changed, secret] of [
    ['another key', {}, 'x'.repeat(32)],
    ['a key that is too short', {}, 'short'],
    ['another nonce', { nonce: 'nonce-of-12c' }, key],
    ['other associated data', { associated_data: '' }, key],
    ['no ciphertext', { ciphertext: '' }, key],
    ['a short ciphertext', { ciphertext: 'AAAA' }, key],
    ['no base64', { ciphertext: '***' }, key],
  ] as const) {
    it(`${what}: no payload`, () => {
      expect(decrypt(changed, secret)).to.equal('payload_malformed');
    });
  }
});
