import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { examineKafka } from '../../../src/cli/doctor/kafka.js';
import type { KafkaSettings, TokenOrigin } from '../../../src/config/settings.js';
import { Redacted } from '../../../src/config/settings.js';
import { createPublisher } from '../../../src/publish/create.js';
import { type IdentityProvider, startIdentityProvider } from '../../support/identity-provider.js';
import { sessionLength, user } from '../../support/kafka.js';
import { makeToken } from '../../support/tokens.js';
import { describeOwnKafka, getOwnKafka } from '../shared-kafka.js';
import { administer, allow, LogLines, limits, makeRecord, makeSettings, nameTopic, readAll, until } from './helpers.js';

const topic = nameTopic('oauth');

function settingsFor(token: TokenOrigin, listener: 'oauth' | 'sasl' = 'oauth') {
  const { secure } = getOwnKafka().own;
  if (!secure) throw new Error('the broker was started without security');
  const sasl = { mechanism: 'oauthbearer', token, extensions: { logicalCluster: 'lkc-1' } } as const;
  return makeSettings([secure[listener]], { sasl });
}

describeOwnKafka('SASL OAUTHBEARER', () => {
  let folder: string;
  let file: string;
  let provider: IdentityProvider;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-oauth-'));
    file = join(folder, 'token');
    provider = await startIdentityProvider(() => ({ token: makeToken(user.username), lifetime: 3600 }));
    await administer(getOwnKafka().brokers, async (admin) => {
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 1 }] }).catch(() => undefined);
      await allow(admin, [{ topic, operation: 'ALL' }, { operation: 'ALL' }]);
    });
  });
  after(async () => {
    await provider.close();
    await rm(folder, { recursive: true });
  });

  const origins: readonly (readonly [string, () => Promise<TokenOrigin>])[] = [
    [
      'a file',
      async () => {
        await writeFile(file, `${makeToken(user.username)}\n`);
        return { file };
      },
    ],
    [
      'a command',
      async () => ({ command: ['echo', JSON.stringify({ access_token: makeToken(user.username) })], dir: folder }),
    ],
    [
      'an identity provider',
      async () => ({
        client: { tokenUrl: provider.url, clientId: 'gateway', clientSecret: new Redacted('client-secret') },
      }),
    ],
  ];
  for (const [name, make] of origins) {
    it(`publishes and reads with a token of ${name}`, async () => {
      const settings = settingsFor(await make());
      const value = name;
      const publisher = await createPublisher(settings, { topics: [topic], log: () => undefined, ...limits });
      expect(await publisher.publish(makeRecord(topic, 'k', value))).not.to.include({ spooled: true });
      await publisher.close();
      expect((await readAll(settings, topic)).map((record) => String(record.value))).to.include(value);
    });
  }

  const scram = { mechanism: 'scram-sha-512', ...user, password: new Redacted(user.password) } as const;
  for (const mechanism of ['oauthbearer', 'scram-sha-512'])
    it(`publishes on while sessions of ${mechanism} end, and says nothing of it`, async () => {
      await writeFile(file, makeToken(user.username));
      const log = new LogLines();
      const withToken = settingsFor({ file });
      const settings = mechanism === 'oauthbearer' ? withToken : { ...withToken, sasl: scram };
      const publisher = await createPublisher(settings, { topics: [topic], log: log.write, ...limits });
      const end = performance.now() + sessionLength * 2;
      let sent = 0;
      async function send(caller: number): Promise<void> {
        while (performance.now() < end) {
          const placement = await publisher.publish(makeRecord(topic, `${caller}`, `${mechanism} ${sent}`));
          expect(placement).not.to.include({ spooled: true });
          sent++;
          await delay(5);
        }
      }
      await Promise.all(Array.from({ length: 8 }, (_, caller) => send(caller)));
      await publisher.close();
      expect(log.lines.filter(({ message }) => /not acknowledged|no connection/.test(message))).to.deep.equal([]);
      const values = (await readAll(makeSettings(getOwnKafka().brokers), topic)).map(({ value }) => String(value));
      expect(values.filter((value) => value.startsWith(mechanism))).to.have.length(sent);
    });

  it('logs in again after a pause that is longer than a session', async () => {
    await writeFile(file, makeToken(user.username));
    const log = new LogLines();
    const publisher = await createPublisher(settingsFor({ file }), {
      topics: [topic],
      log: log.write,
      ...limits,
    });
    await publisher.publish(makeRecord(topic, 'k', 'before'));
    await delay(sessionLength + 500);
    expect(await publisher.publish(makeRecord(topic, 'k', 'after'))).not.to.include({ spooled: true });
    await publisher.close();
  });

  const faults: readonly (readonly [string, () => Promise<KafkaSettings>, string, RegExp])[] = [
    [
      'a token that the broker does not accept',
      async () => {
        await writeFile(file, makeToken(user.username, 3600, { iat: Math.floor(Date.now() / 1000) + 3000 }));
        return settingsFor({ file });
      },
      'SASL_TOKEN_REFUSED',
      /invalid_token.*subject app, expires 2/,
    ],
    [
      'a token that has expired',
      async () => {
        await writeFile(file, makeToken(user.username, -60));
        return settingsFor({ file });
      },
      'SASL_TOKEN_UNAVAILABLE',
      /the token in .* expired at 2.*: see what renews it/,
    ],
    [
      'a listener without this mechanism',
      async () => {
        await writeFile(file, makeToken(user.username));
        return settingsFor({ file }, 'sasl');
      },
      'UNSUPPORTED_SASL_MECHANISM',
      /the broker does not offer the mechanism/,
    ],
  ];
  for (const [name, make, reason, said] of faults) {
    it(`says so of ${name}`, async () => {
      const settings = await make();
      const log = new LogLines();
      const publisher = await createPublisher(settings, { topics: [topic], log: log.write, ...limits });
      expect(publisher.connected()).to.equal(false);
      await until(() => log.lines.some(({ message }) => message === 'no connection to Kafka'));
      await publisher.close();
      const { fields } = log.lines.find(({ message }) => message === 'no connection to Kafka') ?? {};
      expect(fields).to.include({ reason });
      expect(fields?.detail).to.match(said);
      const { findings } = await examineKafka(settings, [topic], 1000);
      expect(findings.map(({ message }) => message).join('\n')).to.match(said);
      expect(JSON.stringify([log.lines, findings])).not.to.contain('eyJ');
    });
  }
});
