import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../../../src/config/load.js';
import { listExamples } from '../../../../src/config/plugins/examples.js';
import { loadPlugin } from '../../../../src/config/plugins/load.js';
import type { GatewaySettings } from '../../../../src/config/settings.js';

const files: { readonly [path: string]: string } = {
  'gateway.yaml': [
    'version: 1',
    'embedded: { dir: ./data }',
    'plugins: [./plugins]',
    'endpoints:',
    '  - provider: ferret_pay',
    '    path: /hooks/ferret/',
    '    secrets: [{ name: current, env: FERRET_SECRET }]',
    '    routes: [{ events: [burrow.*], when: amount > 100, topic: big.burrows }]',
  ].join('\n'),
  'plugins/ferret_pay/plugin.yaml': [
    'version: 1',
    'name: ferret_pay',
    'title: Ferret Pay',
    'signature:',
    '  algorithm: hmac-sha512',
    '  signature: { from: "{header.ferret-proof}", strip: "v9:", encoding: base64 }',
    '  content: "{header.ferret-time}/{raw}"',
    '  timestamp: { value: "{header.ferret-time}", unit: ms, tolerance: 2m }',
    'schemas:',
    '  - { schema: dug.schema.json, when: kind = "burrow.dug" }',
    '  - { schema: any.schema.json }',
    'event: { id: $string(number), type: kind, time: $fromMillis(at), subject: burrow.id }',
    'routes:',
    '  - { events: [burrow.*], topic: ferret.burrows, key: burrow.id }',
    '  - { topic: ferret.other }',
    'eventTypes: types.txt',
    'answer: { status: 202, type: text/plain, body: squeak }',
    'examples: { dir: samples, fresh: { number: id } }',
  ].join('\n'),
  'plugins/ferret_pay/dug.schema.json':
    '{"type":"object","required":["burrow"],"properties":{"depth":{"type":"string","pattern":"^(a+)+$"},"burrow":{"type":"array","items":{"type":"integer"}}}}',
  'plugins/ferret_pay/any.schema.json': '{"type": "object"}',
  'plugins/ferret_pay/types.txt': 'burrow.dug # the only one\n\n',
  'plugins/ferret_pay/samples/burrow.dug.json': '{"headers": {"ferret-kind": "dug"}, "payload": {"number": 7}}',
};

describe('a provider that nobody has heard of, as a folder', () => {
  let folder: string;
  let settings: GatewaySettings;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-plugin-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const loaded = await loadConfig(join(folder, 'gateway.yaml'), { FERRET_SECRET: 'squeak' }, 0);
    expect(loaded.diagnostics).to.deep.equal([]);
    if (loaded.settings === undefined) throw new Error('no settings');
    settings = loaded.settings;
  });

  after(() => rmSync(folder, { recursive: true }));

  function endpoint() {
    const [first] = settings.endpoints;
    if (first === undefined) throw new Error('no endpoint');
    return first;
  }

  it('is an endpoint', () => {
    expect(endpoint()).to.include({
      name: 'ferret_pay',
      path: '/hooks/ferret',
      rejected: 'deadletter',
      livemode: 'any',
    });
    expect(settings.topics).to.deep.equal(['big.burrows', 'ferret.burrows', 'ferret.other', 'webhooks.dlq']);
    expect(
      endpoint().routes.map(({ topic, declaredAt }) => `${topic} ${declaredAt.replace(/^.*\//, '')}`),
    ).to.deep.equal(['big.burrows gateway.yaml:8', 'ferret.burrows plugin.yaml:14', 'ferret.other plugin.yaml:15']);
  });

  it('verifies', () => {
    const body = Buffer.from('{"number":1}');
    const proof = createHmac('sha512', 'squeak').update('1000/').update(body).digest('base64');
    const headers = { 'ferret-proof': [`v9:${proof}`], 'ferret-time': ['1000'] };
    const delivery = { id: '1', receivedAt: 1000, method: 'POST', target: '/hooks/ferret', headers, body };
    expect(endpoint().provider.scheme.verify(delivery, endpoint().secrets, 1000)).to.include({
      secret: 'current',
      signedAt: 1000,
    });
  });

  it('identifies', async () => {
    const bindings = {
      headers: {},
      endpoint: { name: 'ferret_pay', path: '/hooks/ferret' },
      deliveryId: 'dl1',
      digest: 'd',
    };
    const { event } = endpoint().provider;
    const payload = { number: 12, kind: 'burrow.dug', at: 0, burrow: { id: 'b1' } };
    expect(await event.id.evaluate(payload, bindings)).to.equal('12');
    expect(await event.time?.evaluate(payload, bindings)).to.equal('1970-01-01T00:00:00.000Z');
    expect(event.subject?.evaluate(payload, bindings)).to.equal('b1');
  });

  it('checks payloads: one disagreement, or twenty at the most, without a value of the payload', () => {
    const [schema] = endpoint().provider.schemas;
    const payload = { burrow: Array.from({ length: 100 }, () => 'secret earth'), depth: `${'a'.repeat(5000)}!` };
    expect(schema?.check({ burrow: [1] })).to.deep.equal([]);
    expect(schema?.check(payload)).to.have.length(1);
    expect(schema?.check(payload, true)).to.have.length(20);
    expect(schema?.check(payload, true)[1]).to.deep.equal({ pointer: '/burrow/0', message: 'must be integer' });
    expect(JSON.stringify(schema?.check(payload, true))).not.to.contain('secret earth');
  });

  it('has examples', async () => {
    expect(await listExamples(endpoint().provider.folder)).to.deep.equal([
      { type: 'burrow.dug', headers: { 'ferret-kind': 'dug' }, payload: { number: 7 }, fresh: { number: 'id' } },
    ]);
  });

  it('is frozen', () => {
    const { provider, secrets } = endpoint();
    for (const value of [
      settings,
      settings.limits,
      settings.endpoints,
      endpoint(),
      provider,
      provider.event,
      provider.routes[0],
      provider.schemas,
      secrets[0],
    ])
      expect(Object.isFrozen(value)).to.equal(true);
  });
});

describe('loadPlugin', () => {
  for (const name of ['stripe', 'github', 'standard_webhooks', 'adyen']) {
    it(`has nothing to say about ${name}`, async () => {
      const { provider, diagnostics } = await loadPlugin(join(import.meta.dirname, '../../../../plugins', name));
      expect(diagnostics).to.deep.equal([]);
      expect(provider?.name).to.equal(name);
    });
  }

  it('says that there is no plugin', async () => {
    const { diagnostics } = await loadPlugin(join(tmpdir(), 'no-such-plugin'));
    expect(diagnostics[0]).to.include({ rule: 'plugin-unknown', message: 'There is no file plugin.yaml' });
  });
});
