import kafkajs, { type Admin } from 'kafkajs';
import type { KafkaSettings } from '../../config/settings.js';
import { toFault } from '../../kafka/faults.js';
import { translateError } from '../../kafka/kafkajs/errors.js';
import { configureKafka } from '../../kafka/kafkajs/options.js';
import { tokensFor } from '../../kafka/oauth/source.js';
import { describeToken } from '../../kafka/oauth/token.js';
import { guessRelease } from './broker-version.js';
import { type Finding, fail, ok, unknown, warning } from './finding.js';
import { probe } from './probe.js';
import { examineCreation, examineTopicRights } from './rights.js';
import { examineTopic, type TopicFacts } from './topic.js';

const { ConfigResourceTypes, Kafka } = kafkajs;

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
  const token = await examineToken(settings);
  if (token?.status === 'fail') return { findings: [token], reachable: false };
  const listeners = await Promise.all(settings.brokers.map((broker) => examineBroker(settings, broker)));
  const brokers = token === undefined ? listeners : [token, ...listeners];
  const answering = settings.brokers[listeners.findIndex(({ status }) => status !== 'fail')];
  if (answering === undefined) return { findings: brokers, reachable: false };
  const admin = connectTo(settings);
  try {
    await admin.connect();
    const cluster = await examineCluster(admin);
    const there = new Set(await admin.listTopics());
    const present = topics.filter((name) => there.has(name));
    const missing = topics.filter((name) => !there.has(name));
    const known = await examineTopics(admin, present, largest);
    const absent = missing.map((name) => examineMissing(name, settings));
    const rights = await examineRights(settings, answering, present, missing);
    return { findings: [...brokers, cluster, ...known, ...absent, ...rights], reachable: true };
  } catch (error) {
    const { message } = translateError(error);
    return { findings: [...brokers, fail('kafka.cluster', message, 'see the brokers above')], reachable: true };
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** Without one, no broker can be asked. */
async function examineToken({ sasl }: KafkaSettings): Promise<Finding | undefined> {
  if (sasl?.mechanism !== 'oauthbearer') return undefined;
  try {
    return ok('kafka.sasl', `there is a token: ${describeToken(await tokensFor(sasl).get())}`);
  } catch (error) {
    return fail('kafka.sasl', translateError(error).message, 'the gateway cannot log in before that is put right');
  }
}

function connectTo(settings: KafkaSettings): Admin {
  const config = configureKafka(settings, () => undefined);
  return new Kafka({ ...config, retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 200 } }).admin();
}

/** Each by itself: with several, one that is wrong is otherwise not noticed until the others are away. */
async function examineBroker(settings: KafkaSettings, broker: string): Promise<Finding> {
  const id = `kafka.broker ${broker}`;
  try {
    const release = await probe(settings, broker, async ({ versions }) => guessRelease(versions));
    const how = [settings.tls && 'TLS', settings.sasl && `SASL ${settings.sasl.mechanism}`].filter(Boolean).join(', ');
    return examineVersion(id, `it answers${how === '' ? '' : ` (${how})`}`, release);
  } catch (error) {
    const hint = 'compare kafka.brokers, kafka.tls and kafka.sasl with the listeners of the broker';
    return fail(id, toFault(error).message, hint);
  }
}

/** A broker doesn't tell its version. What it speaks does, nearly. */
function examineVersion(id: string, answers: string, release: string | undefined): Finding {
  if (release !== undefined) return ok(id, `${answers}, and speaks the protocol of Kafka ${release} or later`);
  return warning(id, `${answers}, and is older than Kafka 2.4`, 'the gateway is tested with newer ones: upgrade it');
}

async function examineCluster(admin: Admin): Promise<Finding> {
  const { brokers, controller, clusterId } = await admin.describeCluster();
  const addresses = brokers.map(({ host, port }) => `${host}:${port}`).join(', ');
  const text = `cluster ${clusterId}, brokers as they call themselves: ${addresses}; controller ${controller}`;
  return ok('kafka.cluster', text);
}

async function examineTopics(admin: Admin, names: readonly string[], largest: number): Promise<readonly Finding[]> {
  if (names.length === 0) return [];
  const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
  const limits = await describeLimits(admin, names);
  return topics.flatMap(({ name, partitions }) => {
    const facts: TopicFacts = {
      name,
      partitions: partitions.length,
      replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      inSync: Math.min(...partitions.map(({ isr }) => isr.length)),
      ...limits.get(name),
    };
    return examineTopic(facts, largest + overhead);
  });
}

function examineMissing(name: string, { topics }: KafkaSettings): Finding {
  const id = `topic ${name}`;
  const { create, partitions, replicationFactor } = topics;
  const create0 = `create it with ${partitions} partitions, or set kafka.topics.create: missing; or the user may not DESCRIBE it`;
  if (create === 'never') return fail(id, "it isn't there, or this user may not see it", create0);
  const text = `it isn't there; start creates it with ${partitions} partitions and replication factor ${replicationFactor}`;
  if (replicationFactor > 1) return ok(id, text);
  return warning(id, text, 'on a cluster set kafka.topics.replicationFactor: 3, before it is created');
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

/** What this user may do, as Kafka itself says. */
async function examineRights(
  settings: KafkaSettings,
  broker: string,
  present: readonly string[],
  missing: readonly string[],
): Promise<readonly Finding[]> {
  const creates = missing.length > 0 && settings.topics.create === 'missing';
  try {
    const { ofTopics, ofCluster } = await probe(settings, broker, (connection) => connection.describeRights(present));
    return [...examineTopicRights(ofTopics), ...(creates ? [examineCreation(missing, ofCluster)] : [])];
  } catch (error) {
    const hint =
      'the user needs DESCRIBE and WRITE on the topics, CREATE where they are to be made, IDEMPOTENT_WRITE on the cluster before Kafka 2.8';
    return [unknown('kafka.rights', `what this user may do could not be asked (${toFault(error).message})`, hint)];
  }
}
