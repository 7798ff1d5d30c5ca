import { validateSignature } from '@line/bot-sdk';
import { sign as signGithub, verify as verifyGithub } from '@octokit/webhooks-methods';
import { Paddle } from '@paddle/paddle-node-sdk';
import fc from 'fast-check';
import { parse as parseGocardless } from 'gocardless-nodejs/webhooks';
import { WebhookSignatureValidator } from 'mercadopago';
import Pusher from 'pusher';
import Razorpay from 'razorpay';
import type { OutgoingRequest } from '../../../src/core/model.js';
import { flipHeader, header, itAgrees, jsonRequests, post, withHeaders } from './oracle.js';

const secret = 'It is made up for the tests, für €0';

describe('@octokit/webhooks-methods', () => {
  itAgrees({
    plugin: 'github',
    secret,
    requests: jsonRequests,
    sign: async (request) =>
      withHeaders(request, { 'x-hub-signature-256': await signGithub(secret, request.body.toString()) }),
    verify: (request) => verifyGithub(secret, request.body.toString(), header(request, 'x-hub-signature-256')),
  });
});

describe('@line/bot-sdk', () => {
  itAgrees({
    plugin: 'line',
    secret,
    requests: jsonRequests,
    verify: (request) => validateSignature(request.body, secret, header(request, 'x-line-signature')),
  });
});

describe('@paddle/paddle-node-sdk', () => {
  const { webhooks } = new Paddle('made up');

  itAgrees({
    plugin: 'paddle',
    secret,
    requests: jsonRequests,
    verify: (request) =>
      webhooks.isSignatureValid(request.body.toString(), secret, header(request, 'paddle-signature')),
  });
});

describe('gocardless-nodejs', () => {
  itAgrees({
    plugin: 'gocardless',
    secret,
    requests: jsonRequests.map((request) => ({
      ...request,
      body: Buffer.from(`{ "events": [${request.body.toString()}] }`),
    })),
    verify: (request) => parseGocardless(request.body, secret, header(request, 'webhook-signature')).length === 1,
  });
});

describe('razorpay', () => {
  itAgrees({
    plugin: 'razorpay',
    secret,
    requests: jsonRequests,
    verify: (request) =>
      Razorpay.validateWebhookSignature(request.body.toString(), header(request, 'x-razorpay-signature'), secret),
  });
});

describe('pusher', () => {
  const pusher = new Pusher({ appId: '1', key: 'app key', secret, cluster: 'eu' });

  itAgrees({
    plugin: 'pusher',
    secret,
    params: { app_key: 'app key' },
    requests: jsonRequests,
    verify: ({ headers, body }) => pusher.webhook({ headers, rawBody: body.toString() }).isValid(),
  });
});

describe('mercadopago', () => {
  const ids = fc.stringMatching(/^[a-z0-9-]{1,20}$/);

  itAgrees({
    plugin: 'mercado_pago',
    secret,
    requests: fc
      .tuple(fc.option(ids), ids)
      .map(([id, request]) =>
        post('{}', { 'x-request-id': request }, `/in?${id === null ? '' : `data.id=${id}&`}type=payment`),
      ),
    verify: (request) => {
      WebhookSignatureValidator.validate({
        xSignature: header(request, 'x-signature'),
        xRequestId: header(request, 'x-request-id'),
        dataId: new URL(request.url).searchParams.get('data.id'),
        secret,
      });
      return true;
    },
    // The body isn't signed.
    tamper: (request: OutgoingRequest) => [
      ...flipHeader(request, 'x-request-id'),
      { ...request, url: request.url.replace('/in?', '/in?data.id=1&') },
      { ...request, url: request.url.replace(/data\.id=[^&]*&/, '') },
    ],
  });
});
