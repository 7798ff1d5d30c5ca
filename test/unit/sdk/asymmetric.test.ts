import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { EventWebhook } from '@sendgrid/eventwebhook';
import { verifyKey } from 'discord-interactions';
import fc from 'fast-check';
import sinon from 'sinon';
import MessageValidator from 'sns-validator';
import { sign as signTrueLayer, verify as verifyTrueLayer } from 'truelayer-signing';
import { flipHeader, flipText, header, itAgrees, jsonRequests, post, seconds, texts, withHeaders } from './oracle.js';

function pemOf(key: KeyObject): string {
  return key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString();
}

describe('discord-interactions', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const hex = Buffer.from(x, 'base64url').toString('hex');

  itAgrees({
    plugin: 'discord',
    secret: pemOf(privateKey),
    requests: jsonRequests,
    verify: (request) =>
      verifyKey(
        ...([request.body, header(request, 'x-signature-ed25519')] as const),
        ...([header(request, 'x-signature-timestamp'), hex] as const),
      ),
  });
});

describe('@sendgrid/eventwebhook', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const webhook = new EventWebhook();
  const key = webhook.convertPublicKeyToECDSA(publicKey.export({ type: 'spki', format: 'der' }).toString('base64'));
  const name = 'x-twilio-email-event-webhook';

  itAgrees({
    plugin: 'sendgrid',
    secret: pemOf(privateKey),
    requests: jsonRequests.map((request) => withHeaders(request, { [`${name}-timestamp`]: `${seconds}` })),
    verify: (request) =>
      webhook.verifySignature(
        ...([key, request.body, header(request, `${name}-signature`)] as const),
        header(request, `${name}-timestamp`),
      ),
    tamper: (request) => flipText(request, 'evt_1'),
  });
});

describe('sns-validator', () => {
  const certificate = readFileSync(new URL('../../cases/sdk/sns.pem', import.meta.url), 'utf8');
  const validator = new MessageValidator();
  let get: sinon.SinonStub;

  before(() => {
    get = sinon.stub(https, 'get').callsFake((...args: readonly unknown[]) => {
      const response = Object.assign(new EventEmitter(), { statusCode: 200 });
      const [, respond] = args;
      if (typeof respond === 'function') respond(response);
      response.emit('data', certificate);
      response.emit('end');
      return new EventEmitter() as ReturnType<typeof https.get>;
    });
  });
  after(() => get.restore());

  const topic = 'arn:aws:sns:us-west-2:123456789012:MyTopic';
  const common = {
    MessageId: fc.uuid(),
    TopicArn: fc.constant(topic),
    Timestamp: fc.constant('2027-01-15T08:00:00.123Z'),
    SignatureVersion: fc.constantFrom('1', '2'),
    SigningCertURL: fc.constant('https://sns.us-west-2.amazonaws.com/SimpleNotificationService-1.pem'),
  };
  const notification = fc.record(
    { ...common, Type: fc.constant('Notification'), Message: texts, Subject: texts },
    { requiredKeys: ['Message', 'MessageId', 'TopicArn', 'Timestamp', 'SignatureVersion', 'SigningCertURL', 'Type'] },
  );
  const confirmation = fc.record({
    ...common,
    Type: fc.constant('SubscriptionConfirmation'),
    Message: texts,
    Token: fc.uuid(),
    SubscribeURL: fc.constant('https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription'),
  });

  itAgrees({
    plugin: 'aws_sns',
    secret: readFileSync(new URL('../../cases/sdk/sns.key.pem', import.meta.url), 'utf8'),
    params: { topic_arn: topic },
    document: certificate,
    requests: fc.oneof(notification, confirmation).map((message) => post(JSON.stringify(message))),
    verify: ({ body }) =>
      new Promise((resolve, reject) => {
        validator.validate(body.toString(), (error) => (error === null ? resolve(true) : reject(error)));
      }),
    tamper: (request) => flipText(request, '2027-01-15T08:00:00'),
  });
});

describe('truelayer-signing', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-521' });
  const publicKeyPem = pemOf(createPublicKey(privateKey));
  const time = '2027-01-15T08:00:00Z';
  const method = 'POST' as Parameters<typeof verifyTrueLayer>[0]['method'];

  itAgrees({
    plugin: 'truelayer',
    secret: pemOf(privateKey),
    requests: jsonRequests.map((request) => withHeaders(request, { 'x-tl-webhook-timestamp': time })),
    sign: (request) => {
      const signature = signTrueLayer({
        kid: 'key',
        method,
        path: '/in',
        headers: { 'X-Tl-Webhook-Timestamp': time, 'Content-Type': 'application/json' },
        body: request.body.toString(),
        privateKeyPem: pemOf(privateKey),
      });
      return withHeaders(request, { 'tl-signature': signature });
    },
    verify: ({ headers, body }) => {
      const signature = headers['tl-signature'] ?? '';
      verifyTrueLayer({ publicKeyPem, signature, method, path: '/in', headers: { ...headers }, body: body.toString() });
      return true;
    },
    tamper: (request) => [...flipText(request, 'evt_1'), ...flipHeader(request, 'x-tl-webhook-timestamp')],
  });
});
