import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatPretty } from '../../src/diagnostics/pretty.js';
import { acmeEndpoint, gateway, plugin, type RuleExample } from '../../src/diagnostics/rules/definition.js';
import { lint } from '../../src/testing/lint/lint.js';
import { certify } from '../unit/server/keys/certificate.js';

/** The environment in which the examples of the rules are linted. The key is hexadecimal. */
export const environment = {
  ACME_SECRET: 'acme-secret-of-the-example',
  ACME_SECRET_NEXT: 'acme-secret-after-that',
  PROTECT_KEY: '00'.repeat(32),
  BAZAAR_KEY: '00112233445566778899aabbccddeeff',
  BAZAAR_PASSWORD: 'gateway:correct-horse',
};

const bazaar = `# yaml-language-server: $schema=../../schemas/plugin.schema.json
version: 1
name: bazaar
title: Bazaar
secrets:
  hmac_key: { description: The HMAC key of the webhook }
  password: { description: user:password of HTTP basic }
params:
  shop_id: { description: The id of the shop in the dashboard }
signature:
  all:
    - algorithm: hmac-sha256
      signature: { from: "{header.bazaar-signature}", encoding: hex }
      content: "{url}{param.shop_id}{raw}"
      key: { secret: hmac_key, decode: hex }
    - { algorithm: basic, key: { secret: password } }
schemas:
  - { schema: event.schema.json }
event: { id: id, type: type }
routes:
  - { events: ["*"], topic: webhooks.bazaar }
`;

const schema = `{
  "type": "object",
  "required": ["id", "type"],
  "additionalProperties": false,
  "properties": {
    "id": { "type": "string" },
    "type": { "type": "string" },
    "amount": { "type": "integer" },
    "created": { "type": "integer" },
    "order": { "type": "object", "properties": { "id": { "type": "string" } } }
  }
}
`;

/** Certificates and their keys, made again each time: path → text. */
function certificates(): readonly (readonly [path: string, text: string])[] {
  const expiries = { acme: Date.UTC(2049, 0), other: Date.UTC(2049, 0), expired: Date.UTC(2026, 0, 31) };
  return Object.entries(expiries).flatMap(([name, expires]) => {
    const { cert, key } = certify({ name: 'hooks.example.com', expires });
    const text = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    return [
      [`tls/${name}.crt`, cert],
      [`tls/${name}.key`, text],
    ] as const;
  });
}

/** What is there beside the file of an example: path → text. */
export const scene: ReadonlyMap<string, string> = new Map([
  ['gateway.yaml', gateway(acmeEndpoint).text ?? ''],
  ['plugins/acme/plugin.yaml', plugin({}).text ?? ''],
  ['plugins/acme/event.schema.json', schema],
  ['plugins/acme/event-types.txt', 'order.created\norder.paid\norder.shipped\nrefund.created\n'],
  ...[
    { type: 'order.created', amount: 990, order: { id: 'ord_1' } },
    { type: 'order.paid', amount: 4200, order: { id: 'ord_2' } },
    { type: 'order.shipped', amount: 990, order: { id: 'ord_3' } },
  ].map((event, index): [string, string] => [
    `plugins/acme/examples/${event.type}.json`,
    `${JSON.stringify({ headers: { 'acme-event': event.type }, payload: { id: `evt_${index}`, created: 1793491200, ...event } })}\n`,
  ]),
  ['plugins/bazaar/plugin.yaml', bazaar],
  ['plugins/bazaar/event.schema.json', schema],
]);

/** As the pages name them. */
const pairs = certificates();

/** The rules that an example gives, in the order of the findings, and what is printed. */
export async function lintExample({ file, text }: RuleExample): Promise<{ rules: readonly string[]; printed: string }> {
  const base = mkdtempSync(join(tmpdir(), 'gateway-rule-'));
  try {
    for (const [path, content] of new Map<string, string | undefined>([...scene, ...pairs, [file, text]])) {
      if (content === undefined) continue;
      mkdirSync(dirname(join(base, path)), { recursive: true });
      writeFileSync(join(base, path), content);
    }
    const now = Date.UTC(2026, 10, 1);
    const { diagnostics, sources } = await lint([{ config: join(base, 'gateway.yaml') }], environment, now);
    const printed = formatPretty(diagnostics, sources, { base }).replaceAll(base, '…');
    return { rules: diagnostics.map(({ rule }) => rule), printed };
  } finally {
    rmSync(base, { recursive: true });
  }
}
