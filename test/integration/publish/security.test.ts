import { expect } from 'chai';
import { type KafkaSettings, Redacted } from '../../../src/config/settings.js';
import { createPublisher } from '../../../src/publish/create.js';
import { user } from '../../support/kafka.js';
import { describeOwnKafka, getOwnKafka } from '../shared-kafka.js';
import { administer, allow, LogLines, limits, makeRecord, makeSettings, nameTopic, readAll, until } from './helpers.js';

type Listener = 'plaintext' | 'sasl' | 'tls' | 'saslTls';

const allowed = nameTopic('allowed');
const forbidden = nameTopic('forbidden');

/** Through one of the broker's doors; with `ca`, the certificate is checked against it. */
function settingsFor(listener: Listener, sasl?: KafkaSettings['sasl'], ca = true): KafkaSettings {
  const { brokers, own } = getOwnKafka();
  if (!own.secure) throw new Error('the broker was started without security');
  const { secure } = own;
  const broker = listener === 'plaintext' ? (brokers[0] ?? '') : secure[listener];
  const encrypted = listener !== 'sasl';
  return makeSettings([broker], {
    ...(encrypted && { tls: { rejectUnauthorized: true, ...(ca && { ca: secure.ca }) } }),
    ...(sasl && { sasl }),
  });
}

function login(mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', password = user.password) {
  return { mechanism, username: user.username, password: new Redacted(password) };
}

describeOwnKafka('security of the connection to Kafka', () => {
  before(() =>
    administer(getOwnKafka().brokers, async (admin) => {
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic: allowed }, { topic: forbidden }] });
      await allow(admin, [
        { topic: allowed, operation: 'WRITE' },
        { topic: forbidden, operation: 'DESCRIBE' },
      ]);
    }),
  );

  const ways: readonly (readonly [string, Listener, KafkaSettings['sasl']?])[] = [
    ['TLS', 'tls'],
    ['SASL plain', 'sasl', login('plain')],
    ['SASL scram-sha-256', 'sasl', login('scram-sha-256')],
    ['SASL scram-sha-512', 'sasl', login('scram-sha-512')],
    ['SASL scram-sha-512 over TLS', 'saslTls', login('scram-sha-512')],
    ['SASL plain over TLS', 'saslTls', login('plain')],
  ];
  for (const [name, listener, sasl] of ways) {
    it(`publishes over ${name}`, async () => {
      const publisher = await createPublisher(settingsFor(listener, sasl), {
        topics: [allowed],
        log: () => undefined,
        ...limits,
      });
      await publisher.publish(makeRecord(allowed, 'k', name));
      await publisher.close();
      const values = (await readAll(makeSettings(getOwnKafka().brokers), allowed)).map(({ value }) => String(value));
      expect(values).to.include(name);
    });
  }

  const faults: readonly (readonly [string, () => KafkaSettings, string])[] = [
    ['a wrong password', () => settingsFor('sasl', login('scram-sha-512', 'guessed')), 'SASL_AUTHENTICATION_FAILED'],
    ['an unknown authority', () => settingsFor('tls', undefined, false), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['TLS where there is none', () => settingsFor('plaintext'), 'ECONNRESET'],
  ];
  for (const [name, settings, reason] of faults) {
    it(`says so of ${name}`, async () => {
      const log = new LogLines();
      const publisher = await createPublisher(settings(), { topics: [allowed], log: log.write, ...limits });
      expect(publisher.connected()).to.equal(false);
      expect(await publisher.publish(makeRecord(allowed, 'k', 1))).to.include({ spooled: true });
      await until(() => log.lines.some(({ message }) => message === 'no connection to Kafka'));
      await publisher.close();
      expect(log.lines.find(({ message }) => message === 'no connection to Kafka')?.fields).to.include({ reason });
      expect(JSON.stringify(log.lines)).to.not.contain(user.password).and.not.contain('guessed');
    });
  }

  it('names a topic that the user may not write to, and still serves the others', async () => {
    const settings = settingsFor('sasl', login('plain'));
    const log = new LogLines();
    const publisher = await createPublisher(settings, { topics: [allowed, forbidden], log: log.write, ...limits });
    expect(await publisher.publish(makeRecord(forbidden, 'k', 1))).to.include({ spooled: true });
    expect(log.lines.map(({ fields }) => fields.reason)).to.include('TOPIC_AUTHORIZATION_FAILED');
    expect(publisher.connected()).to.equal(true);
    await publisher.publish(makeRecord(allowed, 'k', 'allowed all the same'));
    await publisher.close();
  });
});
