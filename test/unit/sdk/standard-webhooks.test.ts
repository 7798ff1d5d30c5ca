import { validateWebhook } from 'replicate';
import { Resend } from 'resend';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { header, itAgrees, jsonRequests, now, seconds, withHeaders } from './oracle.js';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const id = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W';

describe('standardwebhooks', () => {
  const webhook = new Webhook(secret);

  for (const plugin of ['standard_webhooks', 'openai']) {
    itAgrees({
      plugin,
      secret,
      requests: jsonRequests,
      sign: (request) => {
        const signature = webhook.sign(id, new Date(now), request.body.toString());
        const headers = { 'webhook-id': id, 'webhook-timestamp': `${seconds}`, 'webhook-signature': signature };
        return withHeaders(request, headers);
      },
      verify: ({ headers, body }) => Boolean(webhook.verify(body.toString(), { ...headers })),
    });
  }
});

describe('svix', () => {
  const webhook = new SvixWebhook(secret);

  for (const plugin of ['svix', 'clerk']) {
    itAgrees({
      plugin,
      secret,
      requests: jsonRequests,
      sign: (request) => {
        const signature = webhook.sign(id, new Date(now), request.body.toString());
        const headers = { 'svix-id': id, 'svix-timestamp': `${seconds}`, 'svix-signature': signature };
        return withHeaders(request, headers);
      },
      verify: ({ headers, body }) => Boolean(webhook.verify(body.toString(), { ...headers })),
    });
  }
});

describe('resend', () => {
  const { webhooks } = new Resend('re_made_up');

  itAgrees({
    plugin: 'resend',
    secret,
    requests: jsonRequests,
    verify: (request) => {
      const [messageId, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) =>
        header(request, `svix-${name}`),
      );
      const headers = { id: messageId ?? '', timestamp: timestamp ?? '', signature: signature ?? '' };
      return Boolean(webhooks.verify({ payload: request.body.toString(), headers, webhookSecret: secret }));
    },
  });
});

describe('replicate', () => {
  itAgrees({
    plugin: 'replicate',
    secret,
    requests: jsonRequests,
    verify: (request) =>
      validateWebhook({
        id: header(request, 'webhook-id'),
        timestamp: header(request, 'webhook-timestamp'),
        signature: header(request, 'webhook-signature'),
        body: request.body.toString(),
        secret,
      }),
  });
});
