import { createHash, createHmac, createSign, generateKeyPairSync, sign } from 'node:crypto';
import { now } from '../signature/support.js';
import { plainBody as body, type Signed, plainSecret as secret, url } from './endpoint.js';

const decoded = Buffer.from('sixteen bytes !!');
const whsec = `whsec_${decoded.toString('base64')}`;
const seconds = String(Math.floor(now / 1000));
const millis = String(now);
const time = new Date(now).toISOString();
const ed25519 = generateKeyPairSync('ed25519');
export const rawKey = ed25519.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const rsaKey = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const rsaKeySet = JSON.stringify({ keys: [rsa.publicKey.export({ format: 'jwk' })] });

export function hmac(content: string, encoding: 'hex' | 'base64' = 'hex', key: string | Buffer = secret): string {
  return createHmac('sha256', key).update(content).digest(encoding);
}

function sha256(content: string, encoding: 'hex' | 'base64'): string {
  return createHash('sha256').update(content).digest(encoding);
}

function edSigned(content: string, encoding: 'hex' | 'base64'): string {
  return sign(undefined, Buffer.from(content), ed25519.privateKey).toString(encoding);
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function hsToken(claims: object): string {
  const input = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

function rsToken(claims: object): string {
  const input = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${input}.${createSign('sha256').update(input).sign(rsa.privateKey, 'base64url')}`;
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function standard(prefix: 'svix' | 'webhook', key: string | Buffer): { readonly [name: string]: string } {
  const signature = hmac(`msg_1.${seconds}.${body}`, 'base64', key);
  return { [`${prefix}-id`]: 'msg_1', [`${prefix}-timestamp`]: seconds, [`${prefix}-signature`]: `v1,${signature}` };
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html */
export function snsMessage(fields: { readonly [name: string]: string }): string {
  const signed = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  const content = signed.flatMap((name) => (fields[name] === undefined ? [] : `${name}\n${fields[name]}\n`)).join('');
  const signature = createSign('sha256').update(content).sign(rsa.privateKey, 'base64');
  return JSON.stringify({ ...fields, SignatureVersion: '2', Signature: signature });
}

export const message = { Type: 'Notification', MessageId: '1', TopicArn: 'arn', Message: 'ü\n{}', Timestamp: time };
const subscription = { ...message, Type: 'SubscriptionConfirmation', Token: 't', SubscribeURL: 'https://sns' };
const pushClaims = {
  iss: 'https://accounts.google.com',
  aud: 'aud',
  email: 'a@b',
  email_verified: true,
  exp: Number(seconds) + 60,
};
const signedHeaders = 'x-contentful-signed-headers,x-contentful-timestamp';
const contentful = `POST\n/webhooks/in\nx-contentful-signed-headers:${signedHeaders};x-contentful-timestamp:${millis}\n${body}`;

/** Deliveries signed by code that knows nothing of the declaration: for plugins of which there are no vectors. */
export const generalCases: readonly (readonly [plugin: string, signed: Signed])[] = [
  ['zoom', { headers: { 'x-zm-request-timestamp': seconds, 'x-zm-signature': `v0=${hmac(`v0:${seconds}:${body}`)}` } }],
  [
    'discord',
    {
      secrets: { '': rawKey.toString('hex') },
      headers: {
        'x-signature-timestamp': seconds,
        'x-signature-ed25519': edSigned(seconds + body, 'hex'),
      },
    },
  ],
  [
    'telnyx',
    {
      secrets: { '': rawKey.toString('base64') },
      headers: { 'telnyx-timestamp': seconds, 'telnyx-signature-ed25519': edSigned(`${seconds}|${body}`, 'base64') },
    },
  ],
  ['svix', { secrets: { '': whsec }, headers: standard('svix', decoded) }],
  ['clerk', { secrets: { '': whsec }, headers: standard('svix', decoded) }],
  ['resend', { secrets: { '': whsec }, headers: standard('svix', decoded) }],
  ['openai', { secrets: { '': whsec }, headers: standard('webhook', decoded) }],
  ['replicate', { secrets: { '': whsec }, headers: standard('webhook', decoded) }],
  ['polar', { secrets: { legacy: whsec }, headers: standard('webhook', whsec) }],
  ['polar', { secrets: { standard: whsec }, headers: standard('webhook', decoded) }],
  ['polar', { secrets: { standard: whsec, legacy: whsec }, headers: standard('webhook', whsec) }],
  [
    'linear',
    {
      headers: { 'linear-signature': hmac(`{"webhookTimestamp":${millis},"id":"1"}`) },
      body: `{"webhookTimestamp":${millis},"id":"1"}`,
    },
  ],
  [
    'hubspot',
    {
      query: '?a=b',
      headers: {
        'x-hubspot-request-timestamp': millis,
        'x-hubspot-signature-v3': hmac(`POST${url}?a=b${body}${millis}`, 'base64'),
      },
    },
  ],
  ['woocommerce', { headers: { 'x-wc-webhook-signature': hmac(body, 'base64') } }],
  ['dropbox', { headers: { 'x-dropbox-signature': hmac(body) } }],
  ['aws_sns', { secrets: { '': rsaKey }, params: { topic_arn: 'arn' }, headers: {}, body: snsMessage(message) }],
  ['aws_sns', { secrets: { '': rsaKey }, params: { topic_arn: 'arn' }, headers: {}, body: snsMessage(subscription) }],
  [
    'aws_sns',
    {
      secrets: { '': rsaKey },
      params: { topic_arn: 'arn' },
      headers: {},
      body: snsMessage({ ...message, Subject: 's' }),
    },
  ],
  [
    'google_pubsub',
    {
      secrets: { '': rsaKeySet },
      params: { audience: 'aud', service_account: 'a@b' },
      headers: { authorization: `Bearer ${rsToken(pushClaims)}` },
    },
  ],
  ['msgraph', { headers: {}, body: `{"value":[{"clientState":"${secret}"},{"clientState":"${secret}"}]}` }],
  [
    'twitch',
    {
      headers: {
        'twitch-eventsub-message-id': '1',
        'twitch-eventsub-message-timestamp': time.replace('Z', '000000Z'),
        'twitch-eventsub-message-signature': `sha256=${hmac(`1${time.replace('Z', '000000Z')}${body}`)}`,
      },
    },
  ],
  ['workos', { headers: { 'workos-signature': `t=${millis}, v1=${hmac(`${millis}.${body}`)}` } }],
  ['mux', { headers: { 'mux-signature': `t=${seconds},v1=${hmac(`${seconds}.${body}`)}` } }],
  ['elevenlabs', { headers: { 'elevenlabs-signature': `t=${seconds},v0=${hmac(`${seconds}.${body}`)}` } }],
  ['notion', { headers: { 'x-notion-signature': `sha256=${hmac(body)}` } }],
  [
    'vonage',
    { headers: { authorization: `Bearer ${hsToken({ iat: Number(seconds), payload_hash: sha256(body, 'hex') })}` } },
  ],
  [
    'fusionauth',
    {
      secrets: { hmac_key: secret },
      headers: { 'x-fusionauth-signature-jwt': hsToken({ request_body_sha256: sha256(body, 'base64') }) },
    },
  ],
  [
    'fusionauth',
    {
      secrets: { public_key: rsaKey },
      headers: { 'x-fusionauth-signature-jwt': rsToken({ request_body_sha256: sha256(body, 'base64') }) },
    },
  ],
  // https://github.com/plivo/plivo-node/blob/master/lib/utils/v3Security.js
  [
    'plivo',
    {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-plivo-signature-v3-nonce': '1',
        'x-plivo-signature-v3': `${hmac('other', 'base64')},${hmac(`${url}?FromaTob 1.1`, 'base64')}`,
      },
      body: 'To=b+1&From=a',
    },
  ],
  [
    'plivo',
    {
      query: '?z=1&b=%20',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-plivo-signature-v3-nonce': '1',
        'x-plivo-signature-v3': hmac(`${url}?b= &z=1.FromaTob.1`, 'base64'),
      },
      body: 'To=b&From=a',
    },
  ],
  [
    'contentful',
    {
      headers: {
        'x-contentful-signed-headers': signedHeaders,
        'x-contentful-timestamp': millis,
        'x-contentful-signature': hmac(contentful),
      },
    },
  ],
  ['nylas', { headers: { 'x-nylas-signature': hmac(body) } }],
  ['x_twitter', { headers: { 'x-twitter-webhooks-signature': `sha256=${hmac(body, 'base64')}` } }],
  ['xero', { headers: { 'x-xero-signature': hmac(body, 'base64') } }],
  [
    'docusign',
    { headers: { 'x-docusign-signature-1': hmac('', 'base64'), 'x-docusign-signature-2': hmac(body, 'base64') } },
  ],
  ['klaviyo', { headers: { 'klaviyo-timestamp': time, 'klaviyo-signature': hmac(body + time) } }],
  ['vercel', { headers: { 'x-vercel-signature': createHmac('sha1', secret).update(body).digest('hex') } }],
  ['webflow', { headers: { 'x-webflow-timestamp': millis, 'x-webflow-signature': hmac(`${millis}:${body}`) } }],
  [
    'postmark',
    {
      secrets: { '': 'user:pass' },
      headers: { authorization: `Basic ${Buffer.from('user:pass').toString('base64')}` },
    },
  ],
  [
    'deepgram',
    {
      secrets: { '': 'user:pass' },
      headers: { authorization: `Basic ${Buffer.from('user:pass').toString('base64')}` },
    },
  ],
  ['clickup', { headers: { 'x-signature': hmac(body) } }],
  ['cursor', { headers: { 'x-webhook-signature': `sha256=${hmac(body)}` } }],
];
