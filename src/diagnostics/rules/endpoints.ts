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

const protecting = (protect: string) => gateway(`${acmeEndpoint}    protect: ${protect}\n`);

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
    why: 'Behind a proxy the gateway cannot know its public URL, and the Host header is whatever the sender likes. Give `server.publicUrl`, or `url` at the endpoint.',
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
    why: 'Anyone who sees one delivery can change the rest and send it again, and it is taken. Treat such events as a hint: ask the API of the provider for the facts. Where that is done, say so with `accept: [signature-body-unbound]` at the endpoint.',
    bad: plugin({ signature: signed('{json:/id}.{json:/type}') }),
    good: plugin({ signature: signed('{raw}') }),
  },
  {
    id: 'event-unbound',
    severity: 'warning',
    what: 'Headers that the signature does not cover decide the id, the type or the route of an event.',
    why: 'Anyone who sees one delivery can send it again as another event. Where that is known and harmless, say so with `accept: [event-unbound]` at the endpoint.',
    bad: plugin({ event: typeInHeader }),
    good: plugin({ signature: signed('{header.acme-event}.{raw}'), event: typeInHeader }),
  },
  {
    id: 'protect-key-missing',
    severity: 'error',
    what: 'A field is to be tokenised or encrypted, and the endpoint has no key for it.',
    why: 'Without a key nothing can be encrypted, and a hash without one says the value to whoever tries all of them. The key is a reference, as a secret is: 32 bytes, as `openssl rand -hex 32` makes them.',
    bad: protecting('{ fields: [{ path: /order/id, do: tokenise }] }'),
    good: protecting('{ key: { id: k1, env: PROTECT_KEY }, fields: [{ path: /order/id, do: tokenise }] }'),
  },
  {
    id: 'protect-unknown-field',
    severity: 'warning',
    what: 'A path of `protect` leads to a field that no schema of the plugin has.',
    why: 'A field whose name is misspelt is written as it is: nothing is found in its place.',
    bad: protecting('{ fields: [{ path: /order/idd, do: mask }] }'),
    good: protecting('{ fields: [{ path: /order/id, do: mask }] }'),
  },
  {
    id: 'protect-unsupported',
    severity: 'error',
    what: 'The endpoint protects fields, or looks for card numbers, in payloads in which they cannot be found.',
    why: 'Fields are changed in the bytes of JSON and of forms, so that all other bytes stay as they are. In XML, and where the payload is a part of the body that is encoded or encrypted, they cannot be. `panGuard` looks at any text, but not into what is encoded or encrypted.',
    bad: plugin({
      rest: 'payload: [{ type: application/xml, form: xml }, { form: json }]\nprotect: [{ path: /order/id, do: mask }]\neventTypes: event-types.txt\nexamples: { dir: examples/ }\n',
    }),
    good: plugin({
      rest: 'protect: [{ path: /order/id, do: mask }]\neventTypes: event-types.txt\nexamples: { dir: examples/ }\n',
    }),
  },
];
