import { expect } from 'chai';
import kafkajs, { type Admin } from 'kafkajs';
import { examineKafka } from '../../src/cli/doctor/kafka.js';
import { Redacted } from '../../src/config/settings.js';
import { user } from '../support/kafka.js';
import { administer, makeSettings, nameTopic, until } from './publish/helpers.js';
import { describeKafka, describeOwnKafka, getKafka, getOwnKafka } from './shared-kafka.js';

// Node finds no names of the CommonJS module behind its first computed export.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

describeKafka('doctor, of Kafka', () => {
  it('looks at each broker, the cluster, topics that are there and those that are not', async () => {
    const { brokers } = getKafka();
    const topic = nameTopic('doctor');
    const small = { name: 'max.message.bytes', value: '1000' };
    await administer(brokers, (admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries: [small] }], waitForLeaders: false }),
    );
    const missing = nameTopic('missing');
    const { findings, reachable } = await examineKafka(
      makeSettings([...brokers, '127.0.0.1:1']),
      [topic, missing],
      1024 * 1024,
    );
    expect(reachable).to.equal(true);
    const of = (id: string) => findings.filter((each) => each.id === id);
    expect(of(`kafka.broker ${brokers[0]}`)).to.have.nested.property('[0].status', 'ok');
    expect(of(`kafka.broker ${brokers[0]}`)[0]?.message).to.match(/speaks the protocol of Kafka \d\.\d or later/);
    expect(of('kafka.broker 127.0.0.1:1')[0]?.message).to.contain('nothing listens there');
    expect(of('kafka.cluster')[0]?.message).to.contain('brokers as they call themselves');
    expect(of(`topic ${topic}`).map(({ message }) => message)).to.have.length(2);
    expect(of(`topic ${topic}`)[1]?.message).to.contain('max.message.bytes is 1000');
    expect(of(`topic ${missing}`)[0]?.message).to.contain('start creates it with 6 partitions');
    const never = { topics: { create: 'never', partitions: 1, replicationFactor: 1 } } as const;
    const strict = await examineKafka(makeSettings(brokers, never), [missing], 1);
    expect(strict.findings.find(({ id }) => id === `topic ${missing}`)?.status).to.equal('fail');
    expect(of('kafka.rights')[0]?.message).to.equal('this user may write to the topics that are there, and read them');
    expect(of('kafka.rights create')[0]?.status).to.equal('ok');
  });

  it('says that nobody answers', async () => {
    const { findings, reachable } = await examineKafka(makeSettings(['127.0.0.1:1']), ['t'], 1);
    expect([reachable, findings.length, findings[0]?.status]).to.deep.equal([false, 1, 'fail']);
  });
});

describeOwnKafka('doctor, of a secured Kafka', () => {
  it('says what the user may not do', async () => {
    const { own, brokers } = getOwnKafka();
    const topic = nameTopic('rights');
    const allow = (admin: Admin, operation: number) =>
      admin.createAcls({
        acl: [
          {
            resourceType: AclResourceTypes.TOPIC,
            resourceName: topic,
            principal: `User:${user.username}`,
            host: '*',
            resourcePatternType: ResourcePatternTypes.LITERAL,
            permissionType: AclPermissionTypes.ALLOW,
            operation,
          },
        ],
      });
    const login = { mechanism: 'plain', username: user.username, password: new Redacted(user.password) } as const;
    const settings = makeSettings([own.secure?.sasl ?? ''], { sasl: login });
    const examine = async () => (await examineKafka(settings, [topic], 1)).findings;
    await administer(brokers, async (admin) => {
      await admin.createTopics({ topics: [{ topic }] });
      const create = (await examine()).find(({ id }) => id === 'kafka.rights create');
      expect(create?.message).to.contain(`may not create topics in general, and some are missing: ${topic}`);
      await allow(admin, AclOperationTypes.DESCRIBE);
      await until(async () => (await examine()).some(({ message }) => message === 'this user may not write to it'));
      await allow(admin, AclOperationTypes.WRITE);
      await until(async () => !(await examine()).some(({ status }) => status === 'fail'));
    });
    const rights = (await examine()).filter(({ id }) => id.startsWith('kafka.rights'));
    expect(rights.map(({ status }) => status)).to.deep.equal(['warn']);
    expect(rights[0]?.message).to.contain(`may not read ${topic}`);
  });

  it('explains TLS and SASL', async () => {
    const { own } = getOwnKafka();
    const { sasl: at = '', tls = '' } = own.secure ?? {};
    const wrong = { mechanism: 'plain', username: user.username, password: new Redacted('wrong') } as const;
    const login = await examineKafka(makeSettings([at], { sasl: wrong }), [], 1);
    expect(login.findings[0]?.message).to.contain('user name or password is wrong');
    const untrusted = await examineKafka(makeSettings([tls], { tls: { rejectUnauthorized: true } }), [], 1);
    expect(untrusted.findings[0]?.message).to.contain('kafka.tls.ca');
  });
});
