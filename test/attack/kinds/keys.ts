import type { Dice } from '../../support/mutate.js';
import type { WireRequest } from '../wire.js';
import { type Base, type Kind, pick, withBody, withHeader } from './kind.js';

/** Where a delivery names its key: a header, a member of the body, or a field of a token's head. */
const named: { readonly [plugin: string]: (request: WireRequest, value: string) => WireRequest } = {
  circle: (request, value) => withHeader(request, 'x-circle-key-id', value),
  paypal: (request, value) => withHeader(request, 'paypal-cert-url', value),
  aws_sns: (request, value) =>
    withBody(
      request,
      request.body.toString().replace(/"SigningCertURL":"[^"]*"/, () => `"SigningCertURL":${JSON.stringify(value)}`),
    ),
  plaid: (request, value) => withTokenField(request, 'kid', value),
  google_pubsub: (request, value) => withTokenField(request, 'kid', value),
  truelayer: (request, value) => withTokenField(request, 'jku', value),
};

function withTokenField(request: WireRequest, field: string, value: string): WireRequest {
  const headers = request.headers.map(([name, text]) => {
    const changed = text.replace(/\beyJ[\w-]+(?=\.)/, (head) => {
      const fields: object = JSON.parse(Buffer.from(head, 'base64url').toString());
      return Buffer.from(JSON.stringify({ ...fields, [field]: value })).toString('base64url');
    });
    return [name, changed] as const;
  });
  return { ...request, headers };
}

/** Names of keys of which each is a new one, some of them where no key may be fetched from. `canary`: host:port on loopback. */
function nameOf(plugin: string, dice: Dice, canary: string): string {
  const fresh = dice(2 ** 31)
    .toString(16)
    .padStart(8, '0');
  const plausible: { readonly [plugin: string]: string } = {
    circle: `${fresh}-0000-4000-8000-000000000000`,
    plaid: `${fresh}-0000-4000-8000-000000000000`,
    paypal: `https://api.paypal.com/v1/notifications/certs/${fresh}`,
    aws_sns: `https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-${fresh}.pem`,
    truelayer: `https://webhooks.truelayer.com/${fresh}/.well-known/jwks`,
  };
  const likely = plausible[plugin] ?? fresh;
  return pick(dice, [
    ...[likely, likely, likely],
    ...[
      `https://${canary}/key.pem`,
      `http://${canary}/key.pem`,
      `https://${canary}/v1/notifications/x`,
      `https://127.0.0.1/${fresh}`,
      'https://localhost/x',
    ],
    ...[`https://api.paypal.com@${canary}/v1/notifications/x`, `https://sns.eu-west-1.amazonaws.com.${canary}/x.pem`],
    ...[`https://sns.s3.amazonaws.com/${fresh}.pem`, `file:///etc/passwd`, `https://169.254.169.254/latest/${fresh}`],
    ...[
      `https://[::1]/${fresh}`,
      `${likely}?x=${fresh}`,
      `${likely}#${fresh}`,
      `${likely}/../..`,
      `../${fresh}`,
      '',
      fresh,
    ],
  ]);
}

/** `canary`: host:port on which nobody must ever knock. */
export function makeKeyKinds(canary: string): readonly Kind[] {
  return [
    {
      layer: 'keys',
      name: 'a key to be fetched',
      weight: 3,
      make(base: Base, dice) {
        const { name } = base.target.endpoint.provider;
        const put = named[name];
        if (put === undefined || base.target.honest) return undefined;
        return { request: put(base.request, nameOf(name, dice, canary)), signed: [], claim: 'never' };
      },
    },
  ];
}
