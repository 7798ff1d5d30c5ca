import hmac from '@adyen/api-library/lib/src/utils/hmacValidator.js';
import braintree from 'braintree';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  getExpectedBodyHash,
  getExpectedTwilioSignature,
  validateRequest,
  validateRequestWithBody,
} from 'twilio/lib/webhooks/webhooks.js';
import type { OutgoingRequest } from '../../../src/core/model.js';
import { flipText, header, itAgrees, jsonRequests, jsonTexts, post, texts, withHeaders } from './oracle.js';

const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('@adyen/api-library', () => {
  const key = 'DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00';
  const validator = new hmac.default();
  const item = fc.record(
    {
      pspReference: fc.constant('7914073381342284'),
      originalReference: texts,
      merchantAccountCode: texts,
      merchantReference: texts,
      amount: fc.record({ value: fc.nat(), currency: fc.constantFrom('EUR', 'JPY') }),
      eventCode: fc.constantFrom('AUTHORISATION', 'REFUND'),
      eventDate: fc.constant('2027-01-15T08:00:00+01:00'),
      success: fc.constantFrom('true', 'false'),
      reason: texts,
    },
    { requiredKeys: ['pspReference', 'merchantAccountCode', 'amount', 'eventCode', 'eventDate', 'success'] },
  );
  type Item = Parameters<typeof validator.validateHMAC>[0];

  function itemsOf({ body }: OutgoingRequest): readonly Item[] {
    const { notificationItems }: { notificationItems: readonly { NotificationRequestItem: Item }[] } = JSON.parse(
      body.toString(),
    );
    return notificationItems.map(({ NotificationRequestItem }) => NotificationRequestItem);
  }

  function requestOf(items: readonly object[]): OutgoingRequest {
    const notificationItems = items.map((each) => ({ NotificationRequestItem: each }));
    return post(JSON.stringify({ live: 'false', notificationItems }), { 'content-type': 'application/json' });
  }

  itAgrees({
    plugin: 'adyen',
    secret: key,
    requests: fc
      .array(item, { minLength: 1, maxLength: 3 })
      .map((items) => requestOf(items.map((each) => ({ ...each, additionalData: { authCode: '1234' } })))),
    sign: (request) =>
      requestOf(
        itemsOf(request).map((each) => ({
          ...each,
          additionalData: { ...each.additionalData, hmacSignature: validator.calculateHmac(each, key) },
        })),
      ),
    verify: (request) => itemsOf(request).every((each) => validator.validateHMAC(each, key)),
    tamper: (request) => flipText(request, '7914073381342284'),
  });

  itAgrees({
    plugin: 'adyen_platform',
    secret: key,
    requests: jsonRequests,
    sign: (request) => withHeaders(request, { hmacsignature: validator.calculateHmac(request.body.toString(), key) }),
    verify: (request) =>
      validator.validateHMACSignature(key, header(request, 'hmacsignature'), request.body.toString()),
  });
});

describe('twilio', () => {
  const token = '12345';
  const name = 'x-twilio-signature';

  function fieldsOf({ body }: OutgoingRequest): { [name: string]: string[] } {
    const params = new URLSearchParams(body.toString());
    return Object.fromEntries([...params.keys()].map((key) => [key, params.getAll(key)]));
  }

  describe('forms', () => {
    const field = fc.tuple(fc.oneof(fc.constantFrom('Body', 'To'), texts), texts);

    itAgrees({
      plugin: 'twilio',
      secret: token,
      requests: fc
        .tuple(fc.array(field), fc.constantFrom('/in', '/in?foo=1&bar=%20x'))
        .map(([fields, path]) => post(new URLSearchParams([['CallSid', 'CA1'], ...fields]).toString(), form, path)),
      sign: (request) =>
        withHeaders(request, { [name]: getExpectedTwilioSignature(token, request.url, fieldsOf(request)) }),
      verify: (request) => validateRequest(token, header(request, name), request.url, fieldsOf(request)),
      tamper: (request) => flipText(request, 'CA1'),
    });
  });

  describe('JSON', () => {
    itAgrees({
      plugin: 'twilio',
      secret: token,
      requests: jsonTexts.map((text) =>
        post(text, { 'content-type': 'application/json' }, `/in?bodySHA256=${getExpectedBodyHash(text)}`),
      ),
      sign: (request) => withHeaders(request, { [name]: getExpectedTwilioSignature(token, request.url, {}) }),
      verify: (request) => validateRequestWithBody(token, header(request, name), request.url, request.body.toString()),
    });
  });
});

describe('braintree', () => {
  const gateway = new braintree.BraintreeGateway({
    environment: braintree.Environment.Sandbox,
    merchantId: 'merchant',
    publicKey: 'integration_public_key',
    privateKey: 'integration_private_key',
  });
  const kinds = Object.values(braintree.WebhookNotification.Kind).filter((kind) => typeof kind === 'string');

  function kindOf({ body }: OutgoingRequest): string {
    const payload = new URLSearchParams(body.toString()).get('bt_payload') ?? '';
    return /<kind>(.*)<\/kind>/.exec(Buffer.from(payload, 'base64').toString())?.[1] ?? expect.fail();
  }

  itAgrees({
    plugin: 'braintree',
    secret: 'integration_private_key',
    params: { public_key: 'integration_public_key' },
    requests: fc.constantFrom(...kinds).map((kind) => {
      const { bt_payload } = gateway.webhookTesting.sampleNotification(kind, 'my_id');
      return post(new URLSearchParams({ bt_payload }).toString(), form);
    }),
    sign: (request) => {
      const { bt_payload, bt_signature } = gateway.webhookTesting.sampleNotification(kindOf(request), 'my_id');
      return { ...request, body: Buffer.from(new URLSearchParams({ bt_payload, bt_signature }).toString()) };
    },
    verify: async ({ body }) => {
      const fields = new URLSearchParams(body.toString());
      await gateway.webhookNotification.parse(fields.get('bt_signature') ?? '', fields.get('bt_payload') ?? '');
      return true;
    },
  });
});
