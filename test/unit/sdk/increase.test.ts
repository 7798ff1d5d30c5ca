import { Webhook } from 'standardwebhooks';
import { itAgrees, jsonRequests, now, seconds, withHeaders } from './oracle.js';

const secret = 'whsec_It is made up for the tests';
const id = 'event_001dzz0r20rzr4zrhrr1364hy80';

/** As Increase's SDK for Go does it (event.go): the key is the text of the secret. */
describe('standardwebhooks, as the SDK of Increase uses it', () => {
  const webhook = new Webhook(`whsec_${Buffer.from(secret).toString('base64')}`);

  itAgrees({
    plugin: 'increase',
    secret,
    requests: jsonRequests,
    sign: (request) => {
      const signature = webhook.sign(id, new Date(now), request.body.toString());
      const headers = { 'webhook-id': id, 'webhook-timestamp': `${seconds}`, 'webhook-signature': signature };
      return withHeaders(request, headers);
    },
    verify: ({ headers, body }) => Boolean(webhook.verify(body.toString(), { ...headers })),
  });
});
