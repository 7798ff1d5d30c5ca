import kafkajs, { type Admin, type DescribeAclResponse } from 'kafkajs';
import type { KafkaSettings } from '../config/settings.js';
import { translateError } from '../publish/kafka/errors.js';
import { configureKafka } from '../publish/kafka/options.js';
import { type Finding, fail, ok, unknown, warn } from './finding.js';
import { examineTopic, type TopicFacts } from './topic.js';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ConfigResourceTypes, Kafka, ResourcePatternTypes } =
  kafkajs;

/** Bytes that Kafka adds to a record, headers included, at the most likely. */
const overhead = 4096;

export interface KafkaExamination {
  readonly findings: readonly Finding[];
  /** False: no broker answers, so that nothing else can be known. */
  readonly reachable: boolean;
}

/** Looks at the cluster and the topics; writes nothing. `largest`: bytes of a body. */
export async function examineKafka(
  settings: KafkaSettings,
  topics: readonly string[],
  largest: number,
): Promise<KafkaExamination> {
  const brokers = await Promise.all(settings.brokers.map((broker) => examineBroker(settings, broker)));
  if (!brokers.some(({ status }) => status === 'ok')) return { findings: brokers, reachable: false };
  const admin = connectTo(settings, settings.brokers);
  try {
    await admin.connect();
    const cluster = await examineCluster(admin);
    const known = await examineTopics(admin, settings, topics, largest);
    return { findings: [...brokers, cluster, ...known, await examineRights(admin, settings)], reachable: true };
  } catch (error) {
    const { message } = translateError(error);
    return { findings: [...brokers, fail('kafka.cluster', message, 'see the brokers above')], reachable: true };
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

function connectTo(settings: KafkaSettings, brokers: readonly string[]): Admin {
  const config = configureKafka({ ...settings, brokers }, () => undefined);
  return new Kafka({ ...config, retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 200 } }).admin();
}

/** Each by itself: with several, one that is wrong is otherwise not noticed until the others are away. */
async function examineBroker(settings: KafkaSettings, broker: string): Promise<Finding> {
  const id = `kafka.broker ${broker}`;
  const admin = connectTo(settings, [broker]);
  try {
    await admin.connect();
    const how = [settings.tls && 'TLS', settings.sasl && `SASL ${settings.sasl.mechanism}`].filter(Boolean).join(', ');
    return ok(id, `it answers${how === '' ? '' : ` (${how})`}`);
  } catch (error) {
    const { message } = translateError(error);
    return fail(id, message, 'compare kafka.brokers, kafka.tls and kafka.sasl with the listeners of the broker');
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function examineCluster(admin: Admin): Promise<Finding> {
  const { brokers, controller, clusterId } = await admin.describeCluster();
  const addresses = brokers.map(({ host, port }) => `${host}:${port}`).join(', ');
  const version = 'the version of Kafka is not told to clients';
  const text = `cluster ${clusterId}, brokers as they call themselves: ${addresses}; controller ${controller}; ${version}`;
  return ok('kafka.cluster', text);
}

async function examineTopics(
  admin: Admin,
  settings: KafkaSettings,
  names: readonly string[],
  largest: number,
): Promise<readonly Finding[]> {
  const there = new Set(await admin.listTopics());
  const present = names.filter((name) => there.has(name));
  const missing = names.filter((name) => !there.has(name)).map((name) => examineMissing(name, settings));
  if (present.length === 0) return missing;
  const { topics } = await admin.fetchTopicMetadata({ topics: [...present] });
  const limits = await describeLimits(admin, present);
  const found = topics.flatMap(({ name, partitions }) => {
    const facts: TopicFacts = {
      ...{ name, partitions: partitions.length },
      replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      inSync: Math.min(...partitions.map(({ isr }) => isr.length)),
      ...limits.get(name),
    };
    return examineTopic(facts, largest + overhead);
  });
  return [...found, ...missing];
}

function examineMissing(name: string, { topics }: KafkaSettings): Finding {
  const id = `topic ${name}`;
  const { create, partitions, replicationFactor } = topics;
  const create0 = `create it with ${partitions} partitions, or set kafka.topics.create: missing; or the user may not DESCRIBE it`;
  if (create === 'never') return fail(id, "it isn't there, or this user may not see it", create0);
  const text = `it isn't there; start creates it with ${partitions} partitions and replication factor ${replicationFactor}`;
  if (replicationFactor > 1) return ok(id, text);
  return warn(id, text, 'on a cluster set kafka.topics.replicationFactor: 3, before it is created');
}

async function describeLimits(admin: Admin, names: readonly string[]) {
  const configNames = ['min.insync.replicas', 'max.message.bytes'];
  const resources = names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames }));
  const limits = new Map<string, Pick<TopicFacts, 'minInSync' | 'maxBytes'>>();
  try {
    const described = await admin.describeConfigs({ resources, includeSynonyms: false });
    for (const { resourceName, configEntries } of described.resources) {
      const [minInSync, maxBytes] = configNames.map((name) =>
        Number(configEntries.find(({ configName }) => configName === name)?.configValue),
      );
      if (minInSync && maxBytes) limits.set(resourceName, { minInSync, maxBytes });
    }
  } catch {
    // It needs DESCRIBE_CONFIGS, which publishing does not; `examineTopic` says that it isn't known.
  }
  return limits;
}

/** Whether the user may write, as far as it can be known without writing. */
async function examineRights(admin: Admin, { sasl }: KafkaSettings): Promise<Finding> {
  const id = 'kafka.rights';
  const hint =
    'the user needs DESCRIBE and WRITE on the topics, CREATE where they are to be made, IDEMPOTENT_WRITE on the cluster before Kafka 2.8';
  try {
    const { resources } = await admin.describeAcls({
      resourceType: AclResourceTypes.TOPIC,
      resourcePatternType: ResourcePatternTypes.ANY,
      operation: AclOperationTypes.ANY,
      permissionType: AclPermissionTypes.ALLOW,
    });
    const principals = ['User:*', `User:${sasl?.username ?? 'ANONYMOUS'}`];
    return mayWrite(resources, principals)
      ? ok(id, `an ACL lets ${principals[1]} write`)
      : warn(id, `no ACL lets ${principals[1]} write to a topic, unless it is a superuser`, hint);
  } catch (error) {
    const { reason } = translateError(error);
    if (reason === 'SECURITY_DISABLED') return ok(id, 'Kafka has no authorizer: everybody may write');
    return unknown(id, `whether this user may write is not known without writing (${reason})`, hint);
  }
}

function mayWrite(resources: DescribeAclResponse['resources'], principals: readonly string[]): boolean {
  const writes = [AclOperationTypes.WRITE, AclOperationTypes.ALL];
  return resources.some(({ acls }) =>
    acls.some(({ principal, operation }) => principals.includes(principal) && writes.includes(operation)),
  );
}
