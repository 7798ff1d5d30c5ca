import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';
import { openPlugin, type SoundPlugin } from '../../../../src/config/plugins/catalogue.js';
import type { Delivery, Endpoint } from '../../../../src/core/model.js';
import { type Diagnosis, diagnoseRequest } from '../../../../src/testing/diagnosis/diagnose.js';
import { makeEndpoint } from '../../../../src/testing/plugins/test-endpoint.js';

const now = 1_700_000_000_000;
const secret = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw==';
const body = '{"id":"evt_1","url":"https://example.com/a","name":"Zoë","list":[1,2]}';

async function open(name: string): Promise<SoundPlugin> {
  return (await openPlugin(name, join(ownPlugins, name))).sound ?? expect.fail();
}

function endpointOf({ provider, declaration }: SoundPlugin, name: string, text: string): Endpoint {
  return { ...makeEndpoint(provider, declaration, [{ name: 'current', key: provider.scheme.key(text) }]), name };
}

function stripeDelivery(key: string | Buffer, signed: string, sent = signed, time = now): Delivery {
  const seconds = Math.floor(time / 1000);
  const digest = createHmac('sha256', key).update(`${seconds}.${signed}`).digest('hex');
  return {
    id: 'd',
    receivedAt: now,
    method: 'POST',
    target: '/webhooks/stripe',
    body: Buffer.from(sent),
    headers: { 'stripe-signature': [`t=${seconds},v1=${digest}`], 'content-type': ['application/json'] },
  };
}

describe('the examination of a refused delivery', () => {
  let stripe: SoundPlugin;
  let endpoint: Endpoint;

  before(async () => {
    stripe = await open('stripe');
    endpoint = endpointOf(stripe, 'stripe', secret);
  });

  function look(delivery: Delivery, others: readonly Endpoint[] = [], at = endpoint, clock = now): Diagnosis {
    return diagnoseRequest(delivery, { endpoint: at, all: [at, ...others], now: clock, keys: new Map() });
  }

  function onlyCause(examination: Diagnosis): string {
    expect(examination.verified).to.equal(false);
    expect(JSON.stringify(examination)).not.to.contain(secret.slice(6));
    const causes = examination.verified ? [] : examination.causes;
    expect(causes, JSON.stringify(causes)).to.have.length(1);
    expect(causes[0]?.sure).to.equal('certain');
    return causes[0]?.cause ?? '';
  }

  it('has nothing to say of a good one', () => {
    const expected = { verified: true, secret: 'current', signedAt: '2023-11-14T22:13:20.000Z' };
    expect(look(stripeDelivery(secret, body))).to.deep.equal(expected);
  });

  it('finds the endpoint whose secret fits', () => {
    const test = endpointOf(stripe, 'stripe-test', 'whsec_other');
    const cause = onlyCause(look(stripeDelivery('whsec_other', body), [test]));
    expect(cause).to.equal('A secret of endpoint "stripe-test" fits');
  });

  it('finds the provider whose delivery it is', async () => {
    const github = endpointOf(await open('github'), 'hub', 'another');
    const digest = createHmac('sha256', 'another').update(body).digest('hex');
    const signed = stripeDelivery(secret, body);
    const delivery = { ...signed, headers: { 'x-hub-signature-256': [`sha256=${digest}`] } };
    const { causes } = { causes: [], ...look(delivery, [github]) };
    expect(causes.map(({ cause }) => cause)).to.deep.equal([
      'It is a delivery of GitHub, for endpoint "hub" at /webhooks/github',
    ]);
  });

  const changedBodies: readonly (readonly [string, string, string])[] = [
    ['without the line break at its end', body, `${body}\n`],
    ['with a line break (LF) at its end', `${body}\n`, body],
    ['with a line break (CRLF) at its end', `${body}\r\n`, body],
    ['without its byte order mark', body, `\ufeff${body}`],
    ['with CRLF instead of LF', '{\r\n"a":1}', '{\n"a":1}'],
    ['as JavaScript writes JSON: compact', body, JSON.stringify(JSON.parse(body), undefined, 2)],
    ['as JSON indented by 2', JSON.stringify(JSON.parse(body), undefined, 2), body],
    ['as JSON indented by 4', JSON.stringify(JSON.parse(body), undefined, 4), body],
    [
      'as PHP writes JSON: compact, \\/ for each slash, \\uXXXX beyond ASCII',
      '{"u":"a\\/b","n":"Zo\\u00eb \\ud83d\\ude00","p":10.00}',
      '{"u":"a/b","n":"Zoë 😀","p":10.00}',
    ],
    [
      'as Ruby on Rails writes JSON: compact, \\u0026 \\u003c \\u003e for & < >',
      '{"n":"\\u003cb\\u003e A\\u0026Ö/é"}',
      '{"n":"<b> A&Ö/é"}',
    ],
    [
      'as Python writes JSON: a space after each comma and colon, \\uXXXX beyond ASCII',
      '{"n": "x,y:z \\u00eb", "l": [1, 2], "e": {}, "f": []}',
      '{"n":"x,y:z ë","l":[1,2],"e":{},"f":[]}',
    ],
    [
      'as Go writes a map as JSON: sorted keys, \\u0026 \\u003c \\u003e for & < >',
      '{"10":1,"2":2,"a":{"b":1,"c":"\\u0026"},"ö":3}',
      '{"ö":3,"a":{"c":"&","b":1},"2":2,"10":1}',
    ],
    ['as JSON with a space after each comma and colon', '{"a": "x,y:z ë", "b": [1, 2]}', '{"a":"x,y:z ë","b":[1,2]}'],
    ['as compact JSON, with \\/ for each slash', '{"u":"a\\/ë"}', '{"u":"a/ë"}'],
    ['as compact JSON, with \\uXXXX beyond ASCII', '{"u":"/\\u00eb"}', '{"u":"/ë"}'],
    ['as JSON indented by 4, with \\/ for each slash', '{\n    "u": "a\\/ë"\n}', '{"u":"a/ë"}'],
    [
      'as PHP writes JSON: compact, \\/ for each slash, \\uXXXX beyond ASCII, and a line break at its end',
      '{"u":"a\\/\\u00eb"}\n',
      '{"u":"a/ë"}',
    ],
    ['as base64, decoded', body, Buffer.from(body).toString('base64')],
  ];
  for (const [how, signed, sent] of changedBodies) {
    it(`finds the body ${how}`, () => {
      expect(onlyCause(look(stripeDelivery(secret, signed, sent)))).to.equal(
        `The signature fits the body ${how}: it was changed after it was signed`,
      );
    });
  }

  const otherKeys: readonly (readonly [string, string | Buffer])[] = [
    ['without its prefix', secret.slice(6)],
    ['without its prefix, decoded from base64', Buffer.from(secret.slice(6), 'base64')],
    ['with a line break at its end', `${secret}\n`],
  ];
  const wrongTexts: readonly (readonly [string, string])[] = [
    ['without the v1, before it', `v1,${secret}`],
    ['without the quotes around it', `"${secret}"`],
  ];
  for (const [how, key] of otherKeys) {
    it(`finds the secret ${how}`, () => {
      expect(onlyCause(look(stripeDelivery(key, body)))).to.equal(`The secret "current" fits if it is taken ${how}`);
    });
  }

  for (const [how, text] of wrongTexts) {
    it(`finds the secret ${how}`, () => {
      const cause = onlyCause(look(stripeDelivery(secret, body), [], endpointOf(stripe, 'stripe', text)));
      expect(cause).to.equal(`The secret "current" fits if it is taken ${how}`);
    });
  }

  it('finds a secret that is decoded and should not be', async () => {
    const hex = 'ab'.repeat(32);
    const adyen = endpointOf(
      await open('standard_webhooks'),
      'standard',
      `whsec_${Buffer.from(hex, 'hex').toString('base64')}`,
    );
    const digest = createHmac('sha256', hex)
      .update(`msg_1.${now / 1000}.${body}`)
      .digest('base64');
    const headers = {
      'webhook-id': ['msg_1'],
      'webhook-timestamp': [`${now / 1000}`],
      'webhook-signature': [`v1,${digest}`],
    };
    const cause = onlyCause(look({ ...stripeDelivery(secret, body), headers }, [], adyen));
    expect(cause).to.equal('The secret "current" fits if it is taken as text, not decoded from hex');
  });

  it('tells a good signature that is old, of the future, or of a secret that has expired', () => {
    expect(onlyCause(look(stripeDelivery(secret, body, body, now - 3_600_000)))).to.equal(
      'The signature is good, but old: signed 3600 s ago',
    );
    expect(onlyCause(look(stripeDelivery(secret, body, body, now + 3_600_000)))).to.contain('of the future');
    const expired = { ...endpoint, secrets: endpoint.secrets.map((each) => ({ ...each, expires: now - 1 })) };
    expect(onlyCause(look(stripeDelivery(secret, body), [], expired))).to.contain('the secret "current"');
  });

  it('finds a header that was renamed, and one that is there twice', () => {
    const good = stripeDelivery(secret, body);
    const signature = good.headers['stripe-signature'] ?? [];
    expect(onlyCause(look({ ...good, headers: { http_stripe_signature: signature } }))).to.equal(
      'Header stripe-signature is missing; http_stripe_signature is there, and with its value the signature fits',
    );
    expect(onlyCause(look({ ...good, headers: { 'stripe-signature': ['t=1', ...signature] } }))).to.equal(
      'Header stripe-signature is given 2 times: the signature fits number 2 of them',
    );
  });

  it('finds the URL that was signed', async () => {
    const square = endpointOf(await open('square'), 'square', 'key');
    const digest = createHmac('sha256', 'key')
      .update(`http://hooks.example.com/webhooks/square/${body}`)
      .digest('base64');
    const headers = { 'x-square-hmacsha256-signature': [digest], host: ['hooks.example.com'] };
    const cause = onlyCause(look({ ...stripeDelivery(secret, body), target: '/webhooks/square', headers }, [], square));
    expect(cause).to.contain('The signature fits the URL http://hooks.example.com/webhooks/square/,');
  });

  it('says so where nothing fits', () => {
    const examination = look(stripeDelivery('whsec_unheard_of', body));
    const { causes } = { causes: [], ...examination };
    expect(causes.map(({ sure }) => sure)).to.deep.equal(['possible']);
  });
});
