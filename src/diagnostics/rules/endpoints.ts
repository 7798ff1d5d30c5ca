import { acmeEndpoint, gateway, plugin, type RuleDefinition } from './definition.js';

const good = gateway(acmeEndpoint);
const second = (path: string, name: string) =>
  gateway(`${acmeEndpoint}  - name: ${name}
    provider: acme
    path: ${path}
    secrets: [{ name: current, env: ACME_SECRET }]
`);
const bazaar = (params: string, server = 'server: { publicUrl: "https://hooks.example.com" }\n') =>
  gateway(`${server}endpoints:
  - provider: bazaar
    path: /webhooks/bazaar
    params: { ${params} }
    secrets:
      - { name: hmac_key, env: BAZAAR_KEY }
      - { name: password, env: BAZAAR_PASSWORD }
`);
const signed = (content: string) =>
  `signature:\n  algorithm: hmac-sha256\n  signature: { from: "{header.acme-signature}", encoding: hex }\n  content: "${content}"\n`;
const typeInHeader = `event: { id: id, type: '$headers."acme-event"' }\n`;

export const endpointRules: readonly RuleDefinition[] = [
  {
    id: 'plugin-unknown',
    severity: 'error',
    what: 'An endpoint names a plugin that is not in the folders of `plugins`.',
    why: 'Without its plugin nobody knows how the provider signs. `gateway plugins list` shows those that are there.',
    bad: gateway(acmeEndpoint.replace('provider: acme', 'provider: acmee')),
    good,
  },
  {
    id: 'endpoint-duplicate-path',
    severity: 'error',
    what: 'Two endpoints have the same path.',
    why: 'Only one of them could answer. A slash at the end makes no difference. One endpoint can have several secrets.',
    bad: second('/webhooks/acme/', 'acme-eu'),
    good: second('/webhooks/acme-eu', 'acme-eu'),
  },
  {
    id: 'endpoint-duplicate-name',
    severity: 'error',
    what: 'Two endpoints have the same name.',
    why: 'Logs, records and commands tell endpoints apart by name, and so does deduplication. An endpoint without a name is named after its provider.',
    bad: second('/webhooks/acme-eu', 'acme'),
    good: second('/webhooks/acme-eu', 'acme-eu'),
  },
  {
    id: 'endpoint-reserved-path',
    severity: 'error',
    what: 'The path of an endpoint is one that the gateway itself answers.',
    why: 'Load balancers ask `/health`; a provider that posted there would never be heard.',
    bad: gateway(acmeEndpoint.replace('/webhooks/acme', '/health')),
    good,
  },
  {
    id: 'endpoint-url-missing',
    severity: 'error',
    what: 'The provider signs the URL that it posts to, and the endpoint does not say what that is.',
    why: 'Behind a proxy the gateway can not know its public URL, and the Host header is whatever the sender likes. Give `server.publicUrl`, or `url` at the endpoint.',
    bad: bazaar('shop_id: "4711"', ''),
    good: bazaar('shop_id: "4711"'),
  },
  {
    id: 'endpoint-param-missing',
    severity: 'error',
    what: 'The endpoint lacks a parameter that the plugin needs.',
    why: 'It is a part of what the provider signs, such as the id of the webhook. `gateway plugins show` says where to find it.',
    bad: bazaar(''),
    good: bazaar('shop_id: "4711"'),
  },
  {
    id: 'signature-body-unbound',
    severity: 'error',
    what: 'The signature of the provider does not cover the whole body, and the endpoint does not accept that.',
    why: 'Whoever sees one delivery can change the rest and send it again, and it is taken. Treat such events as a hint: ask the API of the provider for the facts. Where that is done, say so with `accept: [signature-body-unbound]` at the endpoint.',
    bad: plugin({ signature: signed('{json:/id}.{json:/type}') }),
    good: plugin({ signature: signed('{raw}') }),
  },
  {
    id: 'event-unbound',
    severity: 'warning',
    what: 'Headers that the signature does not cover decide the id, the type or the route of an event.',
    why: 'Whoever sees one delivery can send it again as another event. Where that is known and harmless, say so with `accept: [event-unbound]` at the endpoint.',
    bad: plugin({ event: typeInHeader }),
    good: plugin({ signature: signed('{header.acme-event}.{raw}'), event: typeInHeader }),
  },
];
