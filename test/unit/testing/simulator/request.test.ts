import { expect } from 'chai';
import type { Delivery, Endpoint, OutgoingRequest, Scheme } from '../../../../src/core/model.js';
import { Rejection } from '../../../../src/core/rejection.js';
import { compileSignature } from '../../../../src/signature/compile.js';
import type { SignatureDeclaration } from '../../../../src/signature/declaration.js';
import {
  addressOf,
  makeRequest,
  newestSecret,
  signRequest,
  signWrongly,
} from '../../../../src/testing/simulator/request.js';
import { endpoint, provider } from '../../../support/provider.js';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);

const schemes: readonly { name: string; secret: string; items?: string; declaration: SignatureDeclaration }[] = [
  {
    name: 'entries in a header',
    secret: 'whsec_c2VjcmV0',
    declaration: {
      algorithm: 'hmac-sha256',
      signature: { from: '{header.x-sig}', split: { items: ',', pair: '=' }, pick: 'v1', encoding: 'hex' },
      content: '{sig.t}.{raw}',
      timestamp: { value: '{sig.t}', unit: 's', tolerance: '300s' },
    },
  },
  {
    name: 'an id in a header of its own',
    secret: 'whsec_c2VjcmV0',
    declaration: {
      algorithm: 'hmac-sha256',
      signature: { from: '{header.x-sig}', encoding: 'base64' },
      content: '{header.x-id}.{raw}',
      key: { strip: ['whsec_'], decode: 'base64' },
    },
  },
  {
    name: 'a field of each item',
    secret: '00ff',
    items: '/items/*/Item',
    declaration: {
      algorithm: 'hmac-sha256',
      signature: { from: '{item:/data/sig}', encoding: 'base64' },
      content: '{item:/id}',
      key: { decode: 'hex' },
    },
  },
];

const message = { headers: {}, payload: { id: 1, items: [{ Item: { id: 'a', data: { sig: '' } } }] } };

function compile({ declaration, items }: (typeof schemes)[number]): Scheme {
  const { scheme, faults } = compileSignature(declaration, items === undefined ? {} : { items });
  if (!scheme) throw new Error(faults.map((fault) => fault.message).join());
  return scheme;
}

function deliver({ headers, body }: OutgoingRequest): Delivery {
  const values = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return { id: '-', receivedAt: now, method: 'POST', target: '/', headers: values, body };
}

function differences(a: OutgoingRequest, b: OutgoingRequest): number {
  const [left, right] = [a, b].map(({ headers, body }) => JSON.stringify(headers) + body.toString('latin1'));
  return [...(left ?? '')].filter((character, index) => character !== right?.[index]).length;
}

describe('simulate/request', () => {
  for (const each of schemes) {
    const scheme = compile(each);
    const secret = { name: 'current', key: scheme.key(each.secret) };
    const at: Endpoint = endpoint({ provider: provider({ scheme }), secrets: [secret] });
    const given = each.name.includes('id') ? { ...message, headers: { 'x-id': 'msg_1' } } : message;
    const request = makeRequest('http://127.0.0.1/webhooks/acme', given);

    it(`signs ${each.name} so that it verifies`, () => {
      const signed = signRequest(at, secret, request, now);
      expect(scheme.verify(deliver(signed), [secret], now).secret).to.equal('current');
    });

    it(`signs ${each.name} wrongly in one character`, () => {
      const wrong = signWrongly(at, secret, request, now);
      expect(differences(wrong, signRequest(at, secret, request, now))).to.equal(1);
      expect(() => scheme.verify(deliver(wrong), [secret], now))
        .to.throw(Rejection)
        .with.property('code', 'signature_mismatch');
    });
  }

  it('signs with the active secret that became active last', () => {
    const [first] = endpoint().secrets;
    if (!first) throw new Error('no secret');
    const secrets = [
      { ...first, name: 'old', expires: now + 1000 },
      { ...first, name: 'new', notBefore: now - 1000 },
      { ...first, name: 'next', notBefore: now + 1000 },
      { ...first, name: 'gone', notBefore: now - 500, expires: now },
    ];
    expect(newestSecret(endpoint({ secrets }), now)?.name).to.equal('new');
    expect(newestSecret(endpoint({ secrets: secrets.slice(2) }), now)).to.equal(undefined);
  });

  it('adds the path of the endpoint to a URL without one', () => {
    expect(addressOf(endpoint(), 'http://127.0.0.1:8000')).to.equal('http://127.0.0.1:8000/webhooks/acme');
    expect(addressOf(endpoint(), 'https://example.com/')).to.equal('https://example.com/webhooks/acme');
    expect(addressOf(endpoint(), 'https://example.com/a/b?c=d')).to.equal('https://example.com/a/b?c=d');
  });

  it('writes a form where the content type says so, and sends a text of another type as it is', () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const fields = { b: 'x y&z', a: ['1', '2'], n: 3 };
    expect(makeRequest('http://127.0.0.1/', { headers: form, payload: fields }).body.toString()).to.equal(
      'b=x+y%26z&a=1&a=2&n=3',
    );
    const xml = { headers: { 'content-type': 'text/xml' }, payload: '<a/>' };
    expect(makeRequest('http://127.0.0.1/', xml).body.toString()).to.equal('<a/>');
    expect(makeRequest('http://127.0.0.1/', { headers: {}, payload: 'a' }).body.toString()).to.equal('"a"');
  });

  it("lets an example's headers stand above the content type that it adds", () => {
    const { headers, body } = makeRequest('http://127.0.0.1/', { headers: { 'content-type': 'a/b' }, payload: [1] });
    expect(headers).to.deep.equal({ 'content-type': 'a/b' });
    expect(body.toString()).to.equal('[1]');
  });
});
