import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { loadConfig } from '../../../src/config/load.js';
import type { GatewaySettings } from '../../../src/config/settings.js';

const root = join(import.meta.dirname, '../../..');
const secret = { STRIPE_WEBHOOK_SECRET: 'whsec_test' };
const endpoint =
  'endpoints: [{ provider: stripe, path: /webhooks/stripe, secrets: [{ name: current, env: STRIPE_WEBHOOK_SECRET }] }]\n';

describe('loadConfig', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-config-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  async function load(yaml: string, environment: { [name: string]: string } = {}): Promise<GatewaySettings> {
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, yaml);
    const { settings, diagnostics } = await loadConfig(file, { ...secret, ...environment }, 0);
    if (settings === undefined) throw new Error(JSON.stringify(diagnostics));
    return settings;
  }

  it('takes config/gateway.yaml with nothing but the secret in the environment', async () => {
    const { settings, diagnostics } = await loadConfig(join(root, 'config/gateway.yaml'), secret, 0);
    expect(diagnostics).to.deep.equal([]);
    expect(settings?.publisher).to.deep.include({ kind: 'kafka', brokers: ['kafka-broker:29092'] });
    expect(settings?.listen).to.deep.equal({ host: '0.0.0.0', port: 8000 });
    expect(settings?.log.level).to.equal('info');
    expect(settings?.topics).to.include.members([
      'webhooks.stripe.charge',
      'webhooks.stripe.payment_intent',
      'webhooks.stripe.refund',
      'webhooks.dlq',
    ]);
  });

  it('refuses config/gateway.yaml without the secret', async () => {
    const { settings, diagnostics } = await loadConfig(join(root, 'config/gateway.yaml'), {}, 0);
    expect(settings).to.equal(undefined);
    expect(diagnostics.map(({ rule }) => rule)).to.deep.equal(['secret-env-unset']);
  });

  it('takes config/dev.yaml once its secret is made', async () => {
    const { diagnostics } = await loadConfig(join(root, 'config/dev.yaml'), {}, 0);
    const others = diagnostics.filter(({ rule }) => rule !== 'secret-file-missing');
    expect(others).to.deep.equal([]);
    expect(readFileSync(join(root, 'config/dev.yaml'), 'utf8')).to.contain('file: ../data/dev/stripe.secret');
  });

  it('has defaults for all but the essential', async () => {
    const { endpoints, topics, ...settings } = await load(`version: 1\nkafka: { brokers: "a:1, b:2" }\n${endpoint}`);
    expect(settings).to.deep.equal({
      file: join(folder, 'gateway.yaml'),
      listen: { host: '0.0.0.0', port: 8000 },
      workers: 1,
      shutdownDelay: 5_000,
      drain: 20_000,
      limits: {
        body: 1024 ** 2,
        bodyTimeout: 10_000,
        bodyRate: 1024,
        inFlight: 1024,
        connections: 8192,
        connectionsPerAddress: 1024,
        unprovenPerAddress: 100,
      },
      trustedProxies: [],
      publisher: {
        kind: 'kafka',
        brokers: ['a:1', 'b:2'],
        clientId: 'webhook-gateway',
        idempotent: true,
        topics: { create: 'missing', partitions: 6, replicationFactor: 1 },
        spool: { dir: join(folder, '../data/spool'), maxBytes: 2 * 1024 ** 3 },
      },
      dedupe: { window: 72 * 3_600_000, dir: join(folder, '../data/dedupe') },
      deadLetter: { topic: 'webhooks.dlq', unverified: { perMinute: 60, bytesPerMinute: 2 * 1024 ** 2 } },
      log: { level: 'info' },
    });
    expect(endpoints).to.have.length(1);
    expect(topics).to.include('webhooks.dlq');
  });

  it('keeps the dedupe window beside the embedded log, elsewhere, or not at all', async () => {
    const dedupe = async (lines: string) =>
      (await load(`version: 1\nembedded: { dir: log }\n${lines}\n${endpoint}`)).dedupe;
    expect(await dedupe('')).to.deep.equal({ window: 72 * 3_600_000, dir: join(folder, 'log/dedupe') });
    expect(await dedupe('dedupe: { window: 90m, dir: seen }')).to.deep.equal({
      window: 90 * 60_000,
      dir: join(folder, 'seen'),
    });
    expect(await dedupe('dedupe: { window: 0s }')).to.equal(undefined);
  });

  it('takes everything that can be said', async () => {
    writeFileSync(join(folder, 'ca.pem'), 'CA');
    writeFileSync(join(folder, 'password'), 'pass word\n');
    const settings = await load(
      `version: 1
server: { listen: "[::1]:0", workers: "\${WORKERS}", trustedProxies: [10.0.0.0/8, "2001:db8::/32", 192.0.2.7], limits: { body: 900KiB, bodyTimeout: 500ms, bodyRate: 2KiB, inFlight: 9, connections: 99, connectionsPerAddress: 9, unprovenPerAddress: 7 }, shutdownDelay: 0s, drain: 2m }
admin: { listen: "127.0.0.1:8001" }
kafka:
  brokers: [a:1]
  clientId: me
  idempotent: "\${IDEMPOTENT}"
  tls: { ca: ca.pem, cert: ca.pem, key: { env: KAFKA_KEY }, rejectUnauthorized: false }
  sasl: { mechanism: plain, username: u, password: { file: password } }
  topics: { create: never, partitions: "\${PARTITIONS}", replicationFactor: 3 }
deadLetter: { topic: dead, unverified: { perMinute: 0, bytesPerMinute: 1MiB } }
log: { level: warn }
${endpoint}`,
      { WORKERS: '4', IDEMPOTENT: 'no', PARTITIONS: '12', KAFKA_KEY: 'PRIVATE' },
    );
    expect(settings).to.deep.include({
      listen: { host: '::1', port: 0 },
      workers: 4,
      shutdownDelay: 0,
      drain: 120_000,
      limits: {
        body: 900 * 1024,
        bodyTimeout: 500,
        bodyRate: 2048,
        inFlight: 9,
        connections: 99,
        connectionsPerAddress: 9,
        unprovenPerAddress: 7,
      },
      trustedProxies: [
        { address: '10.0.0.0', bits: 8, family: 'ipv4' },
        { address: '2001:db8::', bits: 32, family: 'ipv6' },
        { address: '192.0.2.7', bits: 32, family: 'ipv4' },
      ],
    });
    expect(settings.admin).to.deep.equal({ listen: { host: '127.0.0.1', port: 8001 } });
    const { publisher } = settings;
    if (publisher.kind !== 'kafka') throw new Error('not Kafka');
    expect(publisher).to.deep.include({
      idempotent: false,
      topics: { create: 'never', partitions: 12, replicationFactor: 3 },
    });
    expect(publisher.sasl?.mechanism !== 'oauthbearer' && publisher.sasl?.password.reveal()).to.equal('pass word');
    expect(publisher.tls).to.include({ ca: 'CA', cert: 'CA', rejectUnauthorized: false });
    expect(`${inspect(settings, { depth: 9 })}${JSON.stringify(publisher)}`).not.to.match(
      /pass word|PRIVATE|whsec_test/,
    );
  });

  for (const [text, level] of [
    ['true', 'debug'],
    ['1', 'debug'],
    ['YES', 'debug'],
    ['On', 'debug'],
    ['false', 'info'],
    ['0', 'info'],
    ['off', 'info'],
    ['No', 'info'],
    ['', 'info'],
  ] as const) {
    it(`takes DEBUG=${text} as ${level}`, async () => {
      const yaml = `version: 1\nembedded: { dir: d }\nlog: { debug: "\${DEBUG}" }\n${endpoint}`;
      expect((await load(yaml, { DEBUG: text })).log.level).to.equal(level);
    });
  }

  it('never lets a variable become structure', async () => {
    const yaml = `version: 1\nembedded: { dir: "\${DIR}" }\n${endpoint}`;
    const { publisher } = await load(yaml, { DIR: '"x, }\nlog: {' });
    expect(publisher).to.include({ kind: 'embedded', dir: join(folder, '"x, }\nlog: {') });
  });

  it('says that there is nothing to check', async () => {
    const { diagnostics } = await loadConfig(join(folder, 'nothing.yaml'), {}, 0);
    expect(diagnostics[0]).to.include({
      rule: 'config-missing',
      severity: 'error',
      file: join(folder, 'nothing.yaml'),
    });
  });
});
