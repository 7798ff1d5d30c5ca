import { createHash, createHmac } from 'node:crypto';
import braintree from 'braintree';
import { expect } from 'chai';
import { plugins, type Running, run } from './running.js';
import { post } from './stripe.js';

const adyenKey = 'DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00';
const keys = { publicKey: 'integration_public_key', privateKey: 'integration_private_key' };
const yaml = `version: 1
server: { listen: "127.0.0.1:0", drain: 1s }
plugins: ${plugins}
embedded: { dir: data }
deadLetter: { topic: webhooks.dlq, unverified: { perMinute: 10000, bytesPerMinute: 100GiB } }
endpoints:
  - provider: braintree
    path: /webhooks/braintree
    params: { public_key: ${keys.publicKey} }
    secrets: [{ name: current, env: BRAINTREE }]
  - { provider: adyen, path: /webhooks/adyen, secrets: [{ name: current, env: ADYEN }], accept: [signature-body-unbound] }
`;

const sdk = new braintree.BraintreeGateway({
  environment: braintree.Environment.Sandbox,
  merchantId: 'merchant',
  ...keys,
});

/** A notification of about so many bytes, as Braintree sends it. */
async function braintreeForm(bytes: number): Promise<string> {
  const { bt_payload } = sdk.webhookTesting.sampleNotification('subscription_charged_successfully', 'my_id');
  const xml = Buffer.from(bt_payload, 'base64').toString();
  const item = '<add-on><id>add_on</id><amount>10.00</amount><quantity type="integer">1</quantity></add-on>\n';
  // Base64 in a form takes three bytes for two.
  const items = item.repeat(Math.floor((bytes * 0.7) / item.length));
  const payload = `${Buffer.from(
    xml.replace('</subscription>', `<add-ons type="array">${items}</add-ons></subscription>`),
  )
    .toString('base64')
    .replace(/.{60}/g, '$&\n')}\n`;
  const digest = createHmac('sha1', createHash('sha1').update(keys.privateKey).digest()).update(payload).digest('hex');
  const signature = `${keys.publicKey}|${digest}`;
  // What the provider's own package takes.
  await sdk.webhookNotification.parse(signature, payload);
  return new URLSearchParams({ bt_signature: signature, bt_payload: payload }).toString();
}

/** A batch of one item of about so many bytes. */
function adyenBatch(bytes: number): string {
  const item = {
    pspReference: 'psp_1',
    merchantAccountCode: 'Shop',
    merchantReference: 'order 1',
    eventCode: 'AUTHORISATION',
    eventDate: '2026-01-01T12:00:00+01:00',
    success: 'true',
    amount: { value: 1130, currency: 'EUR' },
  };
  const signed = ['psp_1', '', 'Shop', 'order 1', 1130, 'EUR', 'AUTHORISATION', 'true'].join(':');
  const hmacSignature = createHmac('sha256', Buffer.from(adyenKey, 'hex')).update(signed).digest('base64');
  const more = Object.fromEntries(Array.from({ length: Math.floor(bytes / 22) }, (_, n) => [`key.${n}`, `value ${n}`]));
  const additionalData = { ...more, hmacSignature };
  return JSON.stringify({
    live: 'false',
    notificationItems: [{ NotificationRequestItem: { ...item, additionalData } }],
  });
}

describe('large bodies of which fields are signed', () => {
  let gateway: Running;

  before(async () => {
    gateway = await run({ 'gateway.yaml': yaml }, { BRAINTREE: keys.privateKey, ADYEN: adyenKey });
  });
  after(() => gateway.close());

  for (const size of [137_000, 900_000]) {
    it(`a Braintree notification of ${size} bytes is accepted`, async () => {
      const form = await braintreeForm(size);
      expect(form.length).to.be.within(size, 1024 * 1024);
      const type = { 'content-type': 'application/x-www-form-urlencoded', 'stripe-signature': undefined };
      const { status, body } = await post(`${gateway.url}/webhooks/braintree`, form, type);
      expect([status, JSON.parse(body).status], body).to.deep.equal([200, 'accepted']);
    });

    it(`an Adyen batch of ${size} bytes is accepted`, async () => {
      const batch = adyenBatch(size);
      expect(batch.length).to.be.within(size, 1024 * 1024);
      const { status, body } = await post(`${gateway.url}/webhooks/adyen`, batch, { 'stripe-signature': undefined });
      expect(status, body).to.equal(200);
      expect(gateway.log.find('delivery dead-lettered')).to.deep.equal([]);
    });
  }
});
