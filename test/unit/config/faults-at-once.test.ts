import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { assert, asyncProperty, subarray } from 'fast-check';
import { lint } from '../../../src/testing/lint/lint.js';

const schema = `{
  "type": "object",
  "required": ["id", "type"],
  "properties": { "id": { "type": "string" }, "type": { "type": "string" }, "amount": { "type": "integer" } }
}
`;
const plugin = (name: string) => `version: 1
name: ${name}
title: Acme
signature:
  algorithm: hmac-sha256
  signature: { from: "{header.acme-signature}", encoding: hex }
  content: "{raw}"
  key: { secret: hmac_key, decode: hex }
secrets:
  hmac_key: { description: The key }
  other_key: { description: Another, optional: true }
params:
  shop: { description: The shop, optional: true }
schemas:
  - { schema: event.schema.json }
event:
  id: id
  type: type
  time: created
routes:
  - { events: ["order.*"], when: amount > 0, topic: webhooks.orders, key: id }
  - { events: ["*"], topic: webhooks.others }
examples: { dir: examples/ }
`;
const example = (type: string) =>
  `{ "payload": { "id": "${type}", "type": "${type}", "amount": 7, "created": "2026-11-01T00:00:00Z", "order": { "id": "1" } } }\n`;

const files: ReadonlyMap<string, string> = new Map([
  [
    'gateway.yaml',
    `version: 1
server: { listen: "127.0.0.1:8000", drain: 25s, workers: 2 }
admin: { listen: "127.0.0.1:8001" }
plugins: plugins
kafka:
  brokers: kafka:9092
  idempotent: true
  tls: { ca: ca.pem }
  sasl: { mechanism: plain, username: u, password: { env: KAFKA_PASSWORD } }
deadLetter: { topic: webhooks.dlq }
lint: { topics: ["webhooks.*"], rules: { event-unrouted: warn } }
endpoints:
  - provider: acme
    name: first
    path: /webhooks/first
    secrets:
      - { name: hmac_key, env: ACME_SECRET }
      - { name: old, for: hmac_key, env: ACME_SECRET, expires: 2036-01-01T00:00:00Z }
      - { name: older, for: hmac_key, file: secret }
    params: { shop: a }
    livemode: any
    routes:
      - { events: ["order.*"], when: amount > 1, topic: webhooks.a, key: order.id }
      - { events: ["refund.*"], when: amount > 2, topic: webhooks.b, key: id }
  - provider: acme
    name: second
    path: /webhooks/second
    secrets: [{ name: hmac_key, env: ACME_SECRET }]
    routes:
      - { events: [payout.paid], topic: webhooks.c, key: type }
  - { provider: bolt, path: /webhooks/bolt, secrets: [{ name: hmac_key, env: ACME_SECRET }] }
  - { provider: crate, path: /webhooks/crate, secrets: [{ name: hmac_key, env: ACME_SECRET }] }
`,
  ],
  ['secret', '00ff\n'],
  ['ca.pem', 'PEM\n'],
  ...['acme', 'bolt', 'crate'].flatMap((name): [string, string][] => [
    [`plugins/${name}/plugin.yaml`, plugin(name)],
    [`plugins/${name}/event.schema.json`, schema],
    ...['order.paid', 'order.shipped', 'refund.created', 'payout.paid'].map((type): [string, string] => [
      `plugins/${name}/examples/${type}.json`,
      example(type),
    ]),
  ]),
]);

/** A text of a file, what is written instead, and the rule that says so. No two of them hide each other by their nature. */
const faults: readonly (readonly [rule: string, file: string, from: string, to: string])[] = [
  ['config-invalid', 'gateway.yaml', 'version: 1\n', 'version: "1"\n'],
  ['config-invalid', 'gateway.yaml', 'drain: 25s', 'drain: 999999999h'],
  ['config-invalid', 'gateway.yaml', '127.0.0.1:8000', '127.0.0.1:80000'],
  ['config-unknown-key', 'gateway.yaml', 'workers: 2', 'worker: 2'],
  ['config-invalid', 'gateway.yaml', '"127.0.0.1:8001"', 'localhost'],
  ['config-invalid', 'gateway.yaml', 'idempotent: true', 'idempotent: "true"'],
  ['config-invalid', 'gateway.yaml', 'kafka:9092', 'kafka'],
  ['config-file-missing', 'gateway.yaml', 'ca: ca.pem', 'ca: cb.pem'],
  ['secret-env-unset', 'gateway.yaml', 'env: KAFKA_PASSWORD', 'env: NO_PASSWORD'],
  ['route-unknown-topic', 'gateway.yaml', 'topic: webhooks.dlq', 'topic: dead'],
  ['config-invalid', 'gateway.yaml', 'event-unrouted: warn', 'event-unrouted: of'],
  ['config-invalid', 'gateway.yaml', 'name: first', 'name: "fir st"'],
  ['config-invalid', 'gateway.yaml', 'path: /webhooks/first', 'path: "webhooks first"'],
  [
    'secret-inline',
    'gateway.yaml',
    '- { name: hmac_key, env: ACME_SECRET }',
    '- { name: hmac_key, value: whsec_5f4dcc3b }',
  ],
  ['secret-expired', 'gateway.yaml', 'expires: 2036', 'expires: 2016'],
  ['secret-file-missing', 'gateway.yaml', 'file: secret', 'file: ./secrets'],
  ['config-unknown-key', 'gateway.yaml', 'params: { shop', 'params: { shopp'],
  ['config-invalid', 'gateway.yaml', 'livemode: any', 'livemode: "true"'],
  ['expr-syntax', 'gateway.yaml', 'key: order.id', 'key: "order."'],
  ['expr-fails', 'gateway.yaml', 'when: amount > 1,', `when: 'amount > "1"',`],
  ['expr-unknown-field', 'gateway.yaml', 'when: amount > 2', 'when: amuont > 2'],
  ['route-unknown-topic', 'gateway.yaml', 'topic: webhooks.b', 'topic: other'],
  ['env-unset', 'gateway.yaml', 'topic: webhooks.a', `topic: "\${NOT_SET}"`],
  ['endpoint-duplicate-path', 'gateway.yaml', 'path: /webhooks/bolt', 'path: /webhooks/second'],
  ['config-unknown-key', 'gateway.yaml', 'events: [payout.paid]', 'event: [payout.paid]'],
  ['expr-unknown-function', 'gateway.yaml', 'key: type', 'key: $lowercas(type)'],
  ['config-missing-key', 'gateway.yaml', 'provider: crate, path: /webhooks/crate,', 'provider: crate,'],
  ['event-value-ignored', 'plugins/acme/plugin.yaml', 'time: created', 'time: amount'],
  ['route-unreachable', 'plugins/acme/plugin.yaml', '["*"],', '[order.paid], when: amount > 0,'],
  ['example-fails', 'plugins/acme/examples/payout.paid.json', '"id": "payout.paid"', '"id": 7'],
  ['config-invalid', 'plugins/bolt/plugin.yaml', 'title: Acme', 'title: 7'],
  ['expr-syntax', 'plugins/bolt/plugin.yaml', 'time: created', 'time: created ('],
  ['expr-arguments', 'plugins/bolt/plugin.yaml', 'when: amount > 0', 'when: $exists() > 0'],
  ['schema-invalid', 'plugins/crate/event.schema.json', '"type": "integer"', '"type": "intger"'],
  ['expr-syntax', 'plugins/crate/plugin.yaml', 'time: created', 'time: created ('],
];
type Planted = (typeof faults)[number];

describe('faults of a configuration', () => {
  let base: string;
  before(() => {
    base = mkdtempSync(join(tmpdir(), 'gateway-faults-'));
  });
  after(() => rmSync(base, { recursive: true }));

  /** `rule file:line` of what is found with these faults planted. */
  async function find(planted: readonly Planted[]): Promise<readonly string[]> {
    for (const [file, text] of files) {
      mkdirSync(dirname(join(base, file)), { recursive: true });
      writeFileSync(
        join(base, file),
        plant(
          text,
          planted.filter(([, where]) => where === file),
        ),
      );
    }
    const environment = { ACME_SECRET: '00ff', KAFKA_PASSWORD: 'x' };
    const { diagnostics } = await lint([{ config: join(base, 'gateway.yaml') }], environment, Date.UTC(2026, 10, 1));
    return diagnostics.map(
      ({ rule, file, range }) => `${rule} ${file.slice(base.length + 1)}:${range?.start.line ?? 0}`,
    );
  }

  function plant(text: string, planted: readonly Planted[]): string {
    return planted.reduce((result, [, , from, to]) => {
      expect(result.split(from), from).to.have.lengthOf(2);
      return result.replace(from, () => to);
    }, text);
  }

  /** None of them adds a line. */
  function expected([rule, file, from]: Planted): string {
    const text = files.get(file) ?? '';
    return `${rule} ${file}:${text.slice(0, text.indexOf(from)).split('\n').length}`;
  }

  it('are none in what they are planted into', async () => {
    expect(await find([])).to.deep.equal([]);
  });

  for (const fault of faults) {
    it(`are found alone: ${fault[0]}, ${fault[3].trim()}`, async () => {
      expect(await find([fault])).to.include(expected(fault));
    });
  }

  it('are found all at once, all of them', async () => {
    expect(await find(faults)).to.include.members(faults.map(expected));
  });

  it('are found all at once, whichever there are', () =>
    assert(
      asyncProperty(subarray([...faults], { minLength: 2 }), async (planted) => {
        expect(await find(planted)).to.include.members(planted.map(expected));
      }),
      { numRuns: 50 },
    )).timeout(60_000);
});
