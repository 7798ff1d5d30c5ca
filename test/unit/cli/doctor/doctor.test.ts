import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { examineAllow } from '../../../../src/cli/doctor/allow.js';
import { guessRelease } from '../../../../src/cli/doctor/broker-version.js';
import type { Finding } from '../../../../src/cli/doctor/finding.js';
import { examineDisks, examinePort, examineVersions } from '../../../../src/cli/doctor/machine.js';
import { examineCreation, examineTopicRights } from '../../../../src/cli/doctor/rights.js';
import { examineSecret } from '../../../../src/cli/doctor/secrets.js';
import { examineTls } from '../../../../src/cli/doctor/tls.js';
import { examineTopic, type TopicFacts } from '../../../../src/cli/doctor/topic.js';
import { examineUrl, judgeAnswer, judgeClock } from '../../../../src/cli/doctor/url.js';
import { loadConfig } from '../../../../src/config/load.js';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';
import { openPlugin } from '../../../../src/config/plugins/catalogue.js';
import type { GatewaySettings } from '../../../../src/config/settings.js';
import { readNetworks } from '../../../../src/util/networks.js';
import { endpoint, provider } from '../../../support/provider.js';
import { pair } from '../../../support/tls.js';

const fine: TopicFacts = { name: 't', partitions: 6, replicas: 3, inSync: 3, minInSync: 2, maxBytes: 2_000_000 };

describe('doctor, of topics', () => {
  for (const [facts, status, message] of [
    [{}, 'ok', /6 partitions, 3 replicas, 3 in sync, min\.insync\.replicas 2/],
    [{ replicas: 1, inSync: 1, minInSync: 1 }, 'warn', /one replica/],
    [{ minInSync: 3 }, 'warn', /one broker away stops all writing/],
    [{ minInSync: 1 }, 'warn', /on one disk only/],
    [{ inSync: 2 }, 'warn', /2 of 3 replicas are in sync/],
    [{ inSync: 1 }, 'fail', /nothing can be written/],
    [{ maxBytes: 1000 }, 'warn', /larger bodies become dead letters/],
  ] as const) {
    it(`says ${message.source}`, () => {
      const [finding] = examineTopic({ ...fine, ...facts }, 1_000_000);
      expect(finding).to.include({ id: 'topic t', status });
      expect(finding?.message).to.match(message);
      expect(finding?.hint === undefined).to.equal(status === 'ok');
    });
  }

  it('says what the user may not know', () => {
    const { minInSync: _, maxBytes: __, ...hidden } = fine;
    expect(examineTopic(hidden, 1)).to.have.nested.property('[0].status', 'unknown');
  });
});

describe('doctor, of the version of a broker', () => {
  /** As brokers of these releases answer: Produce, Fetch, ListOffsets, Metadata, JoinGroup. */
  const answers = {
    '2.3': [7, 11, 5, 8, 5],
    '2.4': [8, 11, 5, 9, 6],
    '2.8': [9, 12, 6, 11, 7],
    '3.0': [9, 12, 7, 11, 7],
    '3.5': [9, 15, 8, 12, 9],
    '3.9': [11, 17, 9, 12, 9],
    '4.0': [12, 17, 10, 13, 9],
    '4.1': [13, 18, 10, 13, 9],
  };

  for (const [release, versions] of Object.entries(answers)) {
    it(`knows ${release} by what it speaks`, () => {
      const keys = [0, 1, 2, 3, 11];
      const apis = new Map(keys.map((key, index) => [key, { min: 0, max: versions[index] ?? 0 }]));
      expect(guessRelease(apis)).to.equal(release === '2.3' ? undefined : release);
    });
  }
});

describe('doctor, of rights', () => {
  const [read, write, create, untold] = [1 << 3, 1 << 4, 1 << 5, -(2 ** 31)];
  const topics = (rights: { [topic: string]: number }) =>
    examineTopicRights(new Map(Object.entries(rights))).map(({ id, status }) => `${id} ${status}`);

  it('says which topics the user may not write to, and which not read', () => {
    expect(topics({ a: read | write, b: read | write })).to.deep.equal(['kafka.rights ok']);
    expect(topics({ a: read, b: read | write })).to.deep.equal(['topic a fail']);
    expect(topics({ a: write, b: read | write })).to.deep.equal(['kafka.rights warn']);
    expect(topics({ a: untold })).to.deep.equal(['kafka.rights unknown']);
    expect(topics({})).to.deep.equal([]);
  });

  it('says whether missing topics can be created', () => {
    expect(examineCreation(['t'], create).status).to.equal('ok');
    expect(examineCreation(['t'], write)).to.include({ status: 'warn' });
    expect(examineCreation(['t'], untold).status).to.equal('unknown');
  });
});

describe('doctor, of secrets', () => {
  it('tells what is given in the place of a secret, by what the plugin says', async () => {
    const { sound } = await openPlugin('stripe', join(ownPlugins, 'stripe'));
    const forms = sound?.declaration.secretForms ?? expect.fail();
    const examine = (text: string, over = {}) =>
      examineSecret({ endpoint: 'stripe', name: 'current', text, forms, livemode: 'any', oneLine: true, ...over });
    expect(examine('whsec_abc')).to.deep.include({ id: 'secret stripe.current', status: 'ok' });
    for (const [text, status] of [
      ['sk_live_51abc', 'fail'],
      ['we_1abc', 'fail'],
      ['abc', 'warn'],
      ['"whsec_abc"', 'fail'],
      ['whsec_\nabc', 'fail'],
      ['whsec_abc ', 'warn'],
    ] as const) {
      const finding = examine(text);
      expect(finding.status, text).to.equal(status);
      expect(JSON.stringify(finding)).not.to.contain('abc');
    }
    expect(examine('abc', { forms: [] }).status).to.equal('ok');
    const test = [{ pattern: '^t_', is: 'a test secret', livemode: false }];
    expect(examine('t_1', { forms: test, livemode: true }).status).to.equal('warn');
    expect(examine('t_1', { forms: test, livemode: false }).status).to.equal('ok');
  });
});

describe('doctor, of the public URL and the clock', () => {
  it('knows the gateway by its own words', () => {
    const own = (error: string) => JSON.stringify({ status: 'rejected', error });
    for (const [code, text, status] of [
      [405, own('method_not_allowed'), 'ok'],
      [401, own('unauthorized'), 'ok'],
      [404, own('path_unknown'), 'fail'],
      [200, '<html>Welcome to nginx!</html>', 'fail'],
      [502, 'Bad Gateway', 'fail'],
      [301, '', 'fail'],
      [401, 'login', 'warn'],
    ] as const) {
      expect(judgeAnswer('https://x', code, text).status, `${code} ${text}`).to.equal(status);
    }
  });

  it('compares clocks, as far as seconds go', () => {
    const noon = Date.UTC(2026, 0, 1, 12);
    const date = new Date(noon).toUTCString();
    expect(judgeClock(date, noon, noon + 900).status).to.equal('ok');
    expect(judgeClock(date, noon + 60_000, noon + 60_100).message).to.contain('59 s ahead of');
    expect(judgeClock(date, noon - 60_000, noon - 59_000).message).to.contain('59 s behind');
    expect(judgeClock(null, noon, noon).status).to.equal('unknown');
  });

  it('says so where nobody answers, or nobody was asked', async () => {
    expect((await examineUrl(undefined, Date.now)).map(({ status }) => status)).to.deep.equal(['unknown', 'unknown']);
    const [url, clock] = await examineUrl('http://127.0.0.1:1/webhooks', Date.now);
    expect([url?.status, clock?.status]).to.deep.equal(['fail', 'unknown']);
  });
});

describe('doctor, of the machine', () => {
  let root: string;
  let settings: GatewaySettings;
  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'gateway-doctor-'));
    const file = join(root, 'gateway.yaml');
    writeFileSync(
      file,
      `version: 1\nplugins: ${ownPlugins}\nkafka: { brokers: "k:1" }\nspool: { dir: spool, maxBytes: 1MiB }\ndedupe: { dir: . }\nendpoints: [{ provider: stripe, path: /s, secrets: [{ name: s, env: S }] }]\n`,
    );
    settings = (await loadConfig(file, { S: 'whsec_1' }, Date.now())).settings ?? expect.fail();
  });
  after(() => rmSync(root, { recursive: true }));

  it('tries the disk, and leaves nothing behind', async () => {
    const before = readdirSync(root);
    const findings = await examineDisks(settings, 1);
    expect(findings.map(({ id, status }) => `${id} ${status}`)).to.deep.equal([
      'disk spool.dir ok',
      'disk dedupe.dir ok',
    ]);
    expect(findings[0]?.message).to.contain('is made at start');
    expect(readdirSync(root)).to.deep.equal(before);
    const [tooSmall] = await examineDisks(settings, 1024 ** 3);
    expect(tooSmall?.status).to.equal('warn');
  });

  it('tells a gateway on the port from another program', async () => {
    const gateway = createServer((_, response) => response.end('{"status":"ok"}'));
    const other = createTcp((socket) => socket.end('hello\n', () => socket.destroy()));
    const ports: number[] = [];
    for (const server of [gateway, other]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      ports.push((server.address() as AddressInfo).port);
    }
    const statuses = await Promise.all(ports.map((port) => examinePort('port', { host: '127.0.0.1', port })));
    expect(statuses.map(({ status }) => status)).to.deep.equal(['ok', 'fail']);
    gateway.closeAllConnections();
    await Promise.all([gateway, other].map((server) => new Promise((resolve) => server.close(resolve))));
    expect((await examinePort('port', { host: '127.0.0.1', port: ports[1] ?? 0 })).message).to.contain('is free');
    expect((await examinePort('port', { host: '192.0.2.1', port: 1234 })).status).to.equal('fail');
  });

  it('tells a gateway with TLS by its certificate, though it asks for one itself', async () => {
    const { cert, key } = pair();
    const asking = { cert, key, requestCert: true, ca: pair().cert };
    const servers = [createSecure(asking), createSecure(pair())];
    const findings: Finding[] = [];
    for (const server of servers) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      findings.push(await examinePort('port', { host: '127.0.0.1', port }, cert));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    expect(findings.map(({ status }) => status)).to.deep.equal(['ok', 'fail']);
  });

  it('compares versions', () => {
    expect(examineVersions('20.19.0', '1.0.0', '>=20.19').status).to.equal('ok');
    expect(examineVersions('22.1.0', '1.0.0', '>=20.19').status).to.equal('ok');
    expect(examineVersions('20.9.0', '1.0.0', '>=20.19').status).to.equal('fail');
  });
});

describe('doctor, of the certificate', () => {
  const now = Date.UTC(2027, 0);
  const day = 24 * 60 * 60 * 1000;

  function statusOf(wanted: Parameters<typeof pair>[0], at = now): Finding {
    return examineTls(pair(wanted), at);
  }

  it('says how many days are left, and warns two weeks before the end', () => {
    const good = statusOf({ expires: now + 30.5 * day });
    expect([good.status, good.message]).to.deep.equal([
      'ok',
      'the certificate of localhost is valid until 2027-01-31, 30 days from now',
    ]);
    expect(statusOf({ expires: now + 13.5 * day }).status).to.equal('warn');
    expect(statusOf({ expires: now - day })).to.include({
      status: 'fail',
      message: 'the certificate expired on 2026-12-31',
    });
    expect(statusOf({ expires: now + day }, Date.UTC(2019, 0)).message).to.include('not valid before 2020-01-01');
  });

  it('warns of a certificate whose authority is not in the file', () => {
    const issuer = pair({ name: 'authority', authority: true, expires: now + 300 * day });
    const own = pair({ issuer: issuer.identity, expires: now + 300 * day });
    expect(examineTls(own, now)).to.include({ status: 'warn' });
    expect(examineTls(own, now).hint).to.include('CN=authority');
    expect(examineTls({ cert: own.cert + issuer.cert }, now).status).to.equal('ok');
  });
});

describe('doctor, of allow', () => {
  const list = {
    networks: readNetworks(['192.0.2.0/24'], String, []),
    where: 'https://acme.example/ips',
    read: '2026-11-30',
  };
  const acme = { ...provider(), addresses: list };
  const endpoints = [
    endpoint({ name: 'open' }),
    endpoint({ name: 'listed', provider: acme, allow: list.networks }),
    endpoint({ name: 'own', provider: acme, allow: readNetworks(['10.0.0.1', '10.0.0.2'], String, []) }),
  ];

  it('tells where deliveries may come from, and that nobody knows of a proxy', () => {
    const findings = examineAllow({ endpoints, trustedProxies: [] }, Date.parse('2026-12-30'));
    expect(findings.map(({ id, status }) => `${id} ${status}`)).to.deep.equal([
      'allow listed ok',
      'allow own ok',
      'allow unknown',
    ]);
    expect(findings[0]?.message).to.include("the provider's list is of 2026-11-30");
    expect(findings[2]?.hint).to.include('server.trustedProxies');
    expect(examineAllow({ endpoints: endpoints.slice(0, 1), trustedProxies: [] }, 0)).to.deep.equal([]);
    const proxies = { endpoints, trustedProxies: list.networks };
    expect(examineAllow(proxies, Date.parse('2026-12-30')).map(({ status }) => status)).to.deep.equal(['ok', 'ok']);
  });

  it('warns of a list that is half a year old', () => {
    const [listed, own] = examineAllow({ endpoints, trustedProxies: [] }, Date.parse('2027-07-01'));
    expect([listed?.status, own?.status]).to.deep.equal(['warn', 'ok']);
    expect(listed?.hint).to.include('https://acme.example/ips');
  });
});
