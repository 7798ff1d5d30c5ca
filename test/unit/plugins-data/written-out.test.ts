import { createHash, createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { loadPlugin } from '../../../src/config/plugins/load.js';
import type { Scheme } from '../../../src/core/model.js';
import { deliveryOf, now, rejectionOf } from '../signature/support.js';

/** A delivery signed by code that knows nothing of the declaration: for plugins of which there are no vectors. */
interface Signed {
  readonly plugin: string;
  readonly what: string;
  readonly secrets: { readonly [usedFor: string]: string };
  readonly params?: { readonly [name: string]: string };
  readonly headers?: { readonly [name: string]: string };
  readonly body: string;
  /** Milliseconds since the epoch, where the scheme has a time. */
  readonly at?: number;
}

const secret = 'made-up secret & more';
const url = 'https://hooks.example.com/webhooks/in';
const seconds = String(Math.floor(now / 1000));
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicKey = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();

function hmac(hash: string, content: string, encoding: 'hex' | 'base64' = 'hex'): string {
  return createHmac(hash, secret).update(content).digest(encoding);
}

function digest(hash: string, content: string, encoding: 'hex' | 'base64' = 'hex'): string {
  return createHash(hash).update(content).digest(encoding);
}

function rsaSigned(content: string | Buffer): string {
  return createSign('sha256').update(content).sign(rsa.privateKey, 'base64');
}

function form(fields: { readonly [name: string]: string }): string {
  return new URLSearchParams(fields).toString();
}

const body = '{"id":"1","value":"ü"}';
const reversed = [...secret].reverse().join('');
const tid = '14000000000001235';
const response = Buffer.from('{"code":"PAYMENT_SUCCESS"}').toString('base64');
const itn = 'm_payment_id=1&item_name=a+%26+b&empty=&custom=%7E%21';
const order = { tranID: '7', orderid: '1', status: '00', domain: 'shop', amount: '1.00', currency: 'MYR' };
const paid = { paydate: '2023-11-14 22:13:20', appcode: '' };
const noonSignature = hmac('sha512', '12,CAPTURED,e,Sale,t', 'base64');
const novalnetChecksum = digest('sha256', `${tid}PAYMENTSUCCESS4995EUR${reversed}`);
const rapyd = `${url}salt${seconds}access${secret}${body}`;
const innerMd5 = digest('md5', Object.values(order).join(''));
const outerMd5 = digest('md5', `${paid.paydate}shop${innerMd5}${secret}`);

const one = { secrets: { '': secret } };
const cases: readonly Signed[] = [
  {
    plugin: 'midtrans',
    what: 'sha512 of three fields and the server key',
    ...one,
    body: JSON.stringify({
      order_id: 'o-1',
      status_code: '200',
      gross_amount: '10000.00',
      signature_key: digest('sha512', `o-120010000.00${secret}`),
    }),
  },
  {
    plugin: 'rapyd',
    what: 'base64 of hex',
    ...one,
    params: { access_key: 'access' },
    body,
    headers: { salt: 'salt', timestamp: seconds, signature: Buffer.from(hmac('sha256', rapyd)).toString('base64') },
  },
  {
    plugin: 'revolut',
    what: 'milliseconds, two signatures',
    ...one,
    body,
    headers: {
      'revolut-request-timestamp': String(now),
      'revolut-signature': `v1=${'0'.repeat(64)},v1=${hmac('sha256', `v1.${now}.${body}`)}`,
    },
  },
  {
    plugin: 'bluesnap',
    what: 'time and body',
    ...one,
    body: 'transactionType=CHARGE&referenceNumber=1',
    headers: {
      'bls-ipn-timestamp': seconds,
      'bls-signature': hmac('sha256', `${seconds}transactionType=CHARGE&referenceNumber=1`),
    },
  },
  {
    plugin: 'noon',
    what: 'five fields',
    ...one,
    body: `{"orderId":12,"orderStatus":"CAPTURED","eventId":"e","eventType":"Sale","timeStamp":"t","signature":"${noonSignature}"}`,
  },
  {
    plugin: 'novalnet',
    what: 'a tid beyond 2^53, the key backwards',
    ...one,
    body: `{"event":{"tid":${tid},"type":"PAYMENT","checksum":"${novalnetChecksum}"},"result":{"status":"SUCCESS"},"transaction":{"amount":4995,"currency":"EUR"}}`,
  },
  { plugin: 'fiuu', what: 'a digest in a digest', ...one, body: form({ ...order, ...paid, skey: outerMd5 }) },
  {
    plugin: 'ppro',
    what: 'body, dot, secret',
    ...one,
    body,
    headers: { 'webhook-signature': digest('sha256', `${body}.${secret}`) },
  },
  {
    plugin: 'cryptopay',
    what: 'the body',
    ...one,
    body,
    headers: { 'x-cryptopay-signature': hmac('sha256', body) },
  },
  {
    plugin: 'phonepe',
    what: 'without the path',
    ...one,
    body: JSON.stringify({ response }),
    headers: { 'x-verify': `${digest('sha256', response + secret)}###1` },
  },
  {
    plugin: 'phonepe',
    what: 'with the path',
    ...one,
    body: JSON.stringify({ response }),
    headers: { 'x-verify': `${digest('sha256', `${response}/webhooks/in${secret}`)}###1` },
  },
  {
    plugin: 'payfast',
    what: 'the order and the encoding of the sender',
    ...one,
    body: `${itn}&signature=${digest('md5', `${itn}&passphrase=made-up+secret+%26+more`)}`,
  },
  {
    plugin: 'liqpay',
    what: 'the key on both sides',
    ...one,
    body: form({ data: response, signature: digest('sha1', secret + response + secret, 'base64') }),
  },
  {
    // https://docs.qonto.com/api-reference/business-api/webhooks/overview
    plugin: 'qonto',
    what: "Qonto's own example",
    secrets: { '': 'test-secret' },
    body: '{"test":"data"}',
    headers: {
      'x-qonto-signature': 't=1704110400,v1=56aff06dc227db80d6568a5070f912c601c31f20451745d257cbc0b5dfa93805',
    },
    at: 1_704_110_400_000,
  },
  {
    plugin: 'nmi',
    what: 'a nonce',
    ...one,
    body,
    headers: { 'webhook-signature': `t=n0nce,s=${hmac('sha256', `n0nce.${body}`)}` },
  },
  { plugin: 'nmi', what: 'the body alone', ...one, body, headers: { signature: hmac('sha256', body) } },
  {
    plugin: 'bridge',
    what: 'hashed twice',
    secrets: { '': publicKey },
    body,
    headers: {
      'x-webhook-signature': `t=${now},v0=${rsaSigned(createHash('sha256').update(`${now}.${body}`).digest())}`,
    },
  },
  {
    plugin: 'bridge',
    what: 'hashed once',
    secrets: { '': publicKey },
    body,
    headers: { 'x-webhook-signature': `t=${now},v0=${rsaSigned(`${now}.${body}`)}` },
  },
  {
    plugin: 'wechat_pay_v3',
    what: 'three lines',
    secrets: { platform_key: publicKey },
    body,
    headers: {
      'wechatpay-timestamp': seconds,
      'wechatpay-nonce': 'n0nce',
      'wechatpay-signature': rsaSigned(`${seconds}\nn0nce\n${body}\n`),
    },
  },
  {
    plugin: 'shopify',
    what: 'the older header',
    ...one,
    body,
    headers: { 'x-shopify-hmac-sha256': hmac('sha256', body, 'base64') },
  },
  {
    plugin: 'shopify',
    what: 'the newer header',
    ...one,
    body,
    headers: { 'shopify-hmac-sha256': hmac('sha256', body, 'base64') },
  },
  { plugin: 'gitlab', what: 'the token', ...one, body, headers: { 'x-gitlab-token': secret } },
  { plugin: 'cashtocode', what: 'the header', ...one, body, headers: { authorization: secret } },
];

function outcomeOf(scheme: Scheme, signed: Signed, text = signed.body): string {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...signed.headers };
  const secrets = Object.entries(signed.secrets).map(([name, value]) =>
    name === '' ? { name: 'current', key: scheme.key(value) } : { name, for: name, key: scheme.key(value, name) },
  );
  const around = { url, params: signed.params ?? {} };
  return rejectionOf(() => scheme.verify(deliveryOf(text, headers), secrets, signed.at ?? now, around));
}

describe('plugins without vectors, held against their scheme written out', () => {
  for (const signed of cases) {
    it(`${signed.plugin}: ${signed.what}`, async () => {
      const { provider } = await loadPlugin(new URL(`../../../plugins/${signed.plugin}`, import.meta.url).pathname);
      if (provider === undefined) throw new Error(`${signed.plugin} does not load`);
      expect(outcomeOf(provider.scheme, signed)).to.equal('verified');
      if (provider.scheme.binds === 'body') {
        expect(outcomeOf(provider.scheme, signed, signed.body.replace(/ey|1|"t/, 'x'))).to.match(/^signature_/);
      }
    });
  }
});
