import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { diffConfigs, type Side } from '../../../src/config/diff.js';
import { diffSecrets, readSecrets } from '../../../src/config/diff-secrets.js';
import { loadConfig } from '../../../src/config/load.js';
import { ownPlugins } from '../../../src/config/plugin-folders.js';
import { resolve } from '../../../src/config/resolved.js';
import { findShifts, type Recorded } from '../../../src/testing/dry-run/judge.js';
import { pair } from '../../support/tls.js';

const secret = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw';
const password = 'p4ssw0rd';
const base = `version: 1
plugins: ${ownPlugins}
kafka:
  brokers: \${BROKERS:-k:9092}
  sasl: { mechanism: plain, username: u, password: { env: PASSWORD } }
endpoints:
  - provider: stripe
    path: /webhooks/stripe
    url: https://user:${password}@hooks.example.com/webhooks/stripe
    secrets: [{ name: current, env: SECRET, expires: 2040-01-01T00:00:00Z }]
    routes:
      - { events: ["charge.*"], topic: webhooks.charges, key: data.object.id }
      - { events: ["refund.*"], when: data.object.amount > 5, topic: webhooks.refunds }
`;

describe('a configuration in effect', () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'gateway-diff-'));
    mkdirSync(join(root, 'config'));
  });
  after(() => rmSync(root, { recursive: true }));

  async function load(text: string): Promise<Side> {
    const file = join(root, 'config/gateway.yaml');
    writeFileSync(file, text);
    const { settings, sources, diagnostics } = await loadConfig(
      file,
      { SECRET: secret, PASSWORD: password },
      Date.now(),
    );
    expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    return { settings: settings ?? expect.fail(), sources };
  }

  it('has defaults, variables and the routes of plugins, and nothing secret', async () => {
    const { settings } = await load(base);
    const resolved = JSON.stringify(resolve(settings));
    expect(resolved).not.to.contain(secret).and.not.to.contain(password);
    const { kafka, server, endpoints } = parse(resolved);
    expect(kafka).to.deep.include({
      brokers: ['k:9092'],
      sasl: { mechanism: 'plain', username: 'u', password: '[redacted]' },
    });
    expect(server).to.deep.include({ listen: '0.0.0.0:8000', shutdownDelay: '5s', drain: '20s' });
    expect(endpoints[0].url).to.equal('https://[redacted]@hooks.example.com/webhooks/stripe');
    expect(endpoints[0].secrets).to.deep.equal([
      { name: 'current', value: '[redacted]', expires: '2040-01-01T00:00:00.000Z' },
    ]);
    expect(endpoints[0].routes.map(({ topic }: { topic: string }) => topic)).to.include.members([
      'webhooks.charges',
      'webhooks.stripe.other',
    ]);
  });

  it('has where deliveries may come from, and paths in the place of certificates', async () => {
    const { cert, key } = pair();
    writeFileSync(join(root, 'tls.crt'), cert);
    writeFileSync(join(root, 'tls.key'), key);
    const tls = 'tls: { cert: ../tls.crt, key: { file: ../tls.key }, clientCa: ../tls.crt }';
    const text = base.replace('plugins:', `server: { ${tls} }\nplugins:`);
    const open = await load(text);
    const bound = await load(text.replace('    url:', '    allow: [provider, 10.0.0.0/8]\n    rate: 7\n    url:'));
    expect(resolve(open.settings).server).to.deep.include({
      tls: { cert: join(root, 'tls.crt'), key: '[redacted]', clientCa: join(root, 'tls.crt') },
    });
    const changes = diffConfigs(open, bound).map(({ kind, path, new: value }) => [kind, path, value]);
    expect(changes).to.deep.include(['added', 'endpoints.stripe.rate', 7]);
    const [, , allow] = changes.find(([, path]) => path === 'endpoints.stripe.allow') ?? expect.fail();
    expect(allow).to.include.members(['3.18.12.63/32', '10.0.0.0/8']).and.to.have.length(16);
    expect(JSON.stringify(resolve(bound.settings))).not.to.contain('PRIVATE KEY');
  });

  it('differs by name, whatever the order in the file', async () => {
    const old = await load(base);
    expect(diffConfigs(old, await load(`${base}# no more than a comment\n`))).to.deep.equal([]);
    const next = await load(
      base
        .replace('key: data.object.id }', 'key: id }')
        .replace('name: current', 'name: next')
        .replace('path: /webhooks/stripe', 'path: /in')
        .concat('  - { provider: github, path: /github, secrets: [{ name: s, env: SECRET }] }\n'),
    );
    const changes = diffConfigs(old, next);
    expect(changes.map(({ kind, path }) => `${kind} ${path}`)).to.include.members([
      'changed endpoints.stripe.path',
      'removed endpoints.stripe.secrets.current',
      'added endpoints.stripe.secrets.next',
      'removed endpoints.stripe.routes',
      'added endpoints.stripe.routes',
      'added endpoints.github',
      'added topics',
      'added plugins.github',
    ]);
    const [, charge, refund] = /(.*webhooks\.charges.*\n)(.*webhooks\.refunds.*\n)/.exec(base) ?? [];
    const moved = diffConfigs(old, await load(base.replace(`${charge}${refund}`, `${refund}${charge}`)));
    expect(moved.map(({ kind, path }) => `${kind} ${path}`)).to.deep.equal(['moved endpoints.stripe.routes']);
  });

  it('says which recorded events would go elsewhere', async () => {
    const recorded = (id: string, type: string, object: object, headers = {}): Recorded => {
      const event = { id, type, object: 'event', created: 1, livemode: true, pending_webhooks: 1, data: { object } };
      const facts = { ce_id: id, ce_type: type, ce_endpoint: 'stripe', ce_source: '/webhooks/stripe', ...headers };
      return {
        kind: 'record',
        record: { topic: 't', key: 'k', headers: facts, value: Buffer.from(JSON.stringify(event)) },
      };
    };
    const events = [
      recorded('e1', 'charge.captured', { id: 'ch_1' }),
      recorded('e2', 'refund.created', { id: 're_1', amount: 6 }),
      recorded('e3', 'payout.paid', { id: 'po_1' }),
      recorded('e4', 'charge.captured', { id: 'ch_2' }, { ce_endpoint: 'gone', ce_source: '/gone' }),
    ];
    const { settings: old } = await load(base);
    const { settings: next } = await load(
      base.replace('amount > 5', 'amount > 6').replace('key: data.object.id }', 'key: id }'),
    );
    const options = { verify: true, now: Date.now() };
    expect(await findShifts(events, old, old, options)).to.deep.equal([]);
    const shifts = await findShifts(events, old, next, options);
    expect(shifts.map(({ id, old: before, new: after }) => [id, before.records[0], after.records[0]])).to.deep.equal([
      ['e1', { topic: 'webhooks.charges', key: 'ch_1' }, { topic: 'webhooks.charges', key: 'e1' }],
      ['e2', { topic: 'webhooks.refunds', key: 're_1' }, { topic: 'webhooks.stripe.refund', key: 're_1' }],
    ]);
    const { settings: gone } = await load(
      base
        .replace('provider: stripe', 'provider: stripe\n    name: other')
        .replace('path: /webhooks/stripe', 'path: /in'),
    );
    const [first] = await findShifts(events, old, gone, options);
    expect(first?.new).to.deep.equal({ verdict: 'refused: path_unknown', records: [] });
  });
});

describe('the secrets of two configurations', () => {
  const root = mkdtempSync(join(tmpdir(), 'gateway-diff-secrets-'));
  after(() => rmSync(root, { recursive: true }));
  const stripe = (...secrets: readonly string[]) =>
    `endpoints: [{ provider: stripe, path: /s, secrets: [${secrets.join(', ')}] }]\n`;
  const admin = (token: string) => `admin: { listen: "127.0.0.1:1", token: ${token} }\n`;
  const values = { A: 'value-a', ALIKE: 'value-a', B: 'value-b' };

  async function changes(old: string, next: string, environment: { readonly [name: string]: string } = values) {
    for (const [folder, text] of Object.entries({ old, next })) {
      mkdirSync(join(root, folder), { recursive: true });
      writeFileSync(join(root, folder, 'gateway.yaml'), text);
      writeFileSync(join(root, folder, 'secret'), `value-of-${folder}\n`);
      writeFileSync(join(root, folder, 'same'), 'value-a');
    }
    const read = (folder: string) => readSecrets(join(root, folder, 'gateway.yaml'), environment);
    const found = diffSecrets(await read('old'), await read('next'));
    expect(JSON.stringify(found)).not.to.contain('value-');
    return found.map(({ path, old, new: after }) => `${path}: ${old} → ${after}`);
  }

  it('are told by name where their value is another, wherever it is found', async () => {
    const a = '{ name: current, env: A }';
    const at = 'endpoints.stripe.secrets.current.value';
    expect(await changes(stripe(a), stripe('{ name: current, env: B }'))).to.deep.equal([`${at}: env A → env B`]);
    expect(await changes(stripe(a), stripe('{ name: current, file: secret }'))).to.deep.equal([
      `${at}: env A → file secret`,
    ]);
    const file = stripe('{ name: current, file: secret }');
    expect(await changes(file, file)).to.deep.equal([`${at}: file secret → file secret, which has another value`]);
    expect(await changes(admin('{ env: A }'), admin('{ env: B }'))).to.deep.equal(['admin.token.value: env A → env B']);
  });

  it('are the same with the same value, and in another order', async () => {
    expect(await changes(stripe('{ name: current, env: A }'), stripe('{ name: current, env: ALIKE }'))).to.deep.equal(
      [],
    );
    expect(await changes(stripe('{ name: current, env: A }'), stripe('{ name: current, file: same }'))).to.deep.equal(
      [],
    );
    const [a, b] = ['{ name: a, env: A }', '{ name: b, env: B }'];
    expect(await changes(stripe(a, b), stripe(b, a))).to.deep.equal([]);
  });

  it('that are not there go by where they would be found', async () => {
    const [a, b] = [stripe('{ name: current, env: A }'), stripe('{ name: current, env: B }')];
    expect(await changes(a, a, {})).to.deep.equal([]);
    expect(await changes(a, b, {})).to.have.length(1);
    expect(await changes(a, b, { A: 'value-a', B: '' })).to.have.length(1);
  });
});
