import { expect } from 'chai';
import { Rejection } from '../../../src/core/rejection.js';
import { compiled, deliveryOf, now, rejectionOf, requestOf, schemeOf, secretOf, secretTexts } from './support.js';

const scheme = schemeOf('adyen');
const secret = secretOf(scheme, secretTexts.adyen);
const item = '"pspReference":"p","merchantAccountCode":"m","eventCode":"AUTHORISATION","success":"true"';

function batch(...items: string[]): string {
  return `{"live":"false","notificationItems":[${items.map((i) => `{"NotificationRequestItem":{${i}}}`).join(',')}]}`;
}

function signed(body: string): string {
  return scheme.sign(requestOf(body), secret.key, now).body.toString();
}

function outcome(body: string | Buffer): string {
  return rejectionOf(() => scheme.verify(deliveryOf(body, {}), [secret], now));
}

describe('a batch whose items are signed one by one', () => {
  const two = signed(batch(item, `${item},"merchantReference":"1050.00 \\u20ac"`));

  it('is proven if each item is', () => {
    expect(outcome(two)).to.equal('verified');
  });

  it('is refused for one item, and the item is named', () => {
    const at = two.lastIndexOf('"p"');
    const tampered = `${two.slice(0, at)}"q"${two.slice(at + 3)}`;
    try {
      scheme.verify(deliveryOf(tampered, {}), [secret], now);
      expect.fail('verified');
    } catch (error) {
      expect(error).to.be.instanceOf(Rejection);
      expect(error).to.include({
        code: 'signature_mismatch',
        item: '/notificationItems/1/NotificationRequestItem',
      });
    }
  });

  it('is signed without touching another byte', () => {
    const body = batch(`"amount": { "value" : 1050.00,\n "currency":"EUR" },${item},"additionalData":{"a":1E2}`);
    const edited = signed(body);
    expect(edited.replace(/,"hmacSignature": "[^"]*"/, '')).to.equal(body);
    expect(outcome(edited)).to.equal('verified');
  });

  it('has numbers signed as they are written', () => {
    const cents = signed(batch(`${item},"amount":{"value":1050,"currency":"EUR"}`));
    expect(outcome(cents)).to.equal('verified');
    expect(outcome(cents.replace('1050', '1050.0'))).to.equal('signature_mismatch');
  });

  it('cannot be signed if an item lacks what is signed', () => {
    expect(() => signed(batch('"success":"true"'))).to.throw(Error, 'item /pspReference is missing');
  });

  const again = `${item},"pspReference":"p"`;
  const cases: readonly (readonly [string, string | Buffer, string])[] = [
    ['empty', batch(), 'signature_missing'],
    ['an item without a signature', batch(item), 'signature_missing'],
    ['an empty signature', batch(`${item},"additionalData":{"hmacSignature":""}`), 'signature_missing'],
    ['a signature that is not a text', batch(`${item},"additionalData":{"hmacSignature":[]}`), 'signature_malformed'],
    ['no batch', '{}', 'signature_malformed'],
    ['no array', '{"notificationItems":{}}', 'signature_malformed'],
    ['an item that is not an object', '{"notificationItems":[1]}', 'signature_malformed'],
    ['a signed field twice', two.replace(item, again), 'signature_malformed'],
    [
      'a signed field twice, once escaped',
      two.replace(item, `${item},"success\\u0065":1,"succes\\u0073":"true"`),
      'signature_malformed',
    ],
    ['the list of items twice', two.replace('"live":', '"notificationItems":[],"live":'), 'signature_malformed'],
    ['an item twice', two.replace(/\}\}\]\}$/, '},"NotificationRequestItem":{}}]}'), 'signature_malformed'],
    ['a lone surrogate in a signed field', two.replace('"m"', '"\\ud800"'), 'signature_malformed'],
    ['a key twice that is not read', two.replace('"live":', '"live":"true","liv\\u0065":'), 'verified'],
    ['a lone surrogate that is not read', two.replace('"false"', '"\\ud800"'), 'verified'],
    ['a signed field that is an object', two.replace('"p"', '{}'), 'signature_malformed'],
    ['a comment', `${two}//`, 'signature_malformed'],
    ['a comma too many', two.replace('"false",', '"false",,'), 'signature_malformed'],
    ['two values', `${two}{}`, 'signature_malformed'],
    ['nothing', '', 'signature_malformed'],
    ['not JSON', 'live=false', 'signature_malformed'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'signature_malformed'],
    ['after a byte order mark', `\ufeff${two}`, 'signature_malformed'],
    ['100,000 levels deep', '['.repeat(100_000), 'signature_malformed'],
    ['100,000 objects deep', '{"a":'.repeat(100_000), 'signature_malformed'],
    ['with __proto__ keys', two.replace('"live":', '"__proto__":{"a":1},"live":'), 'verified'],
  ];
  for (const [what, body, expected] of cases) {
    it(`${what}: ${expected}`, () => expect(outcome(body)).to.equal(expected));
  }
});

describe('the rest of the vocabulary', () => {
  it('signs a list without keys, ISO 8601, fields of the body, the method and optional parts', () => {
    const other = compiled({
      algorithm: 'hmac-sha512',
      signature: { from: '{header.x-signatures}', split: { items: ' ' }, encoding: 'base64url' },
      content: '{method|lower}[;id={json:/id}]|{json:/list/1|upper}|{header.x-time|trim}',
      timestamp: { value: '{header.x-time}', unit: 'iso8601', tolerance: '5m' },
    });
    expect(other.binds).to.equal('fields');
    const key = secretOf(other, 'secret');
    const attempt = (body: string, headers: { [name: string]: string }, clock = now) =>
      rejectionOf(() => other.verify(deliveryOf(body, headers), [key], clock));
    const { headers } = other.sign(requestOf('{"list":[1,"a"]}'), key.key, now);
    expect(attempt('{"list":[2,"A"]}', headers)).to.equal('verified');
    expect(attempt('{"list":[2,"A"],"id":7}', headers)).to.equal('signature_mismatch');
    expect(attempt('{"list":[2]}', headers)).to.equal('signature_malformed');
    expect(attempt('{"list":[2,"A"]}', headers, now + 300_000)).to.equal('verified');
    expect(attempt('{"list":[2,"A"]}', headers, now + 300_001)).to.equal('timestamp_stale');
    expect(attempt('{"list":[2,"A"]}', { ...headers, 'x-time': '2023-11-14' })).to.equal('timestamp_malformed');
    const list = { ...headers, 'x-signatures': `${'A'.repeat(86)} x ${headers['x-signatures']}` };
    expect(attempt('{"list":[2,"A"]}', list)).to.equal('verified');
  });

  it('keeps signed headers that are given, and makes the missing ones', () => {
    const standard = schemeOf('standard_webhooks');
    const key = standard.key(secretTexts.standard_webhooks);
    const given = { 'webhook-id': 'msg_1', 'webhook-timestamp': '1614265330', 'content-type': 'application/json' };
    expect(standard.sign(requestOf('{}', given), key, now).headers).to.include(given);
    const made = standard.sign(requestOf('{}'), key, now).headers;
    expect(made['webhook-id']).to.match(/^msg_[0-9a-f]{32}$/);
    expect(made['webhook-timestamp']).to.equal('1700000000');
  });
});
