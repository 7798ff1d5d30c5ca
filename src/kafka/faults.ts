import { PublishError } from '../core/model.js';
import { errorText } from '../util/errors.js';
import { nameCode } from './codes.js';

/** Kafka will never take the record itself. */
const refusals = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
]);

/** Kafka has lost, or disowns, what an idempotent producer has sent so far: it can't go on under its id. */
const sequenceLost = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'PRODUCER_FENCED',
]);

const notTls = 'the listener does not speak TLS: see the ports in kafka.brokers, or leave out kafka.tls';

/** How Node says that the other side ended the connection before TLS was agreed on; it has no code of its own. */
const endedBeforeTls = 'before secure TLS connection was established';

/** What to do about it, for the operator; `%` stands for the topic. */
const advice: { readonly [reason: string]: string | undefined } = {
  MESSAGE_TOO_LARGE: 'larger than max.message.bytes of topic %',
  RECORD_LIST_TOO_LARGE: 'larger than a segment (segment.bytes) of topic %',
  INVALID_RECORD: 'topic % does not take such a record (a validation of the broker)',
  INVALID_TIMESTAMP: 'its timestamp is outside of what topic % takes: compare the clocks of gateway and brokers',
  INVALID_TOPIC_EXCEPTION: '% is not a name that a topic may have',
  UNKNOWN_TOPIC_OR_PARTITION: "topic % isn't there: create it, or set kafka.topics.create: missing",
  TOPIC_AUTHORIZATION_FAILED:
    'the user may not use topic %: allow DESCRIBE and WRITE, and CREATE where kafka.topics.create is missing',
  INVALID_REPLICATION_FACTOR: 'there are fewer brokers than kafka.topics.replicationFactor says for topic %',
  POLICY_VIOLATION: 'a policy of the cluster does not allow topic % as kafka.topics describes it: create it by hand',
  CLUSTER_AUTHORIZATION_FAILED: 'the user lacks a right on the cluster: IDEMPOTENT_WRITE to write, CREATE for topics',
  NOT_ENOUGH_REPLICAS: 'topic % has fewer replicas in sync than min.insync.replicas',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'topic % has fewer replicas in sync than min.insync.replicas',
  SASL_AUTHENTICATION_FAILED:
    'user name or password is wrong: see kafka.sasl, and restart the gateway with the right ones',
  UNSUPPORTED_COMPRESSION_TYPE:
    'batches are compressed with what one side does not know: the gateway reads gzip, and zstd with Node.js 22.15 or newer, but neither lz4 nor snappy; brokers before Kafka 2.1 do not know zstd',
  UNSUPPORTED_SASL_MECHANISM: 'the broker does not offer the mechanism: see kafka.sasl.mechanism',
  ECONNREFUSED: 'nothing listens there: see kafka.brokers, or start Kafka',
  ENOTFOUND: 'no such host: see kafka.brokers',
  EAI_AGAIN: 'the name server does not answer: see kafka.brokers and the resolver of this machine',
  EHOSTUNREACH: 'no way to this host: see kafka.brokers and the network between',
  ENETUNREACH: 'no way to this network: see kafka.brokers and the network between',
  EMFILE: 'the gateway has too many files open: raise its limit (ulimit -n)',
  CONNECTION_TIMEOUT: 'no connection in time: see kafka.brokers and the network between',
  REQUEST_TIMEOUT: 'the broker does not answer',
  CONNECTION_CLOSED: 'the broker closed the connection: it went away, or the listener wants TLS or SASL',
  DEPTH_ZERO_SELF_SIGNED_CERT: "the broker's certificate is not signed by a known authority: see kafka.tls.ca",
  SELF_SIGNED_CERT_IN_CHAIN: "the broker's certificate is not signed by a known authority: see kafka.tls.ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the broker's certificate is not signed by a known authority: see kafka.tls.ca",
  UNABLE_TO_GET_ISSUER_CERT: "the broker's certificate is not signed by a known authority: see kafka.tls.ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the broker's certificate is not signed by a known authority: see kafka.tls.ca",
  CERT_HAS_EXPIRED: "the broker's certificate, or that of the authority which signed it, has expired: renew it",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet: compare the clocks of gateway and brokers",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'the broker wants a certificate of the gateway: see kafka.tls.cert and key',
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  ERR_TLS_CERT_ALTNAME_INVALID: "the broker's certificate is for another host name: see kafka.brokers",
};

/** The error of a publisher for a cause that has been named; `detail` is its own message, for causes without advice here. */
export function describeFault(reason: string, detail: string, topic = '', cause?: unknown): PublishError {
  const kind = refusals.has(reason) ? 'refused' : 'unavailable';
  const known = advise(reason, detail)?.replaceAll('%', topic);
  const verb = kind === 'refused' ? 'Kafka refuses the record' : 'Kafka is not available';
  return new PublishError(kind, reason, `${verb}: ${known ? `${known} (${reason})` : detail}`, { cause });
}

function advise(reason: string, detail: string): string | undefined {
  const known = advice[reason];
  if (known !== undefined) return known;
  if (detail.includes(endedBeforeTls))
    return "the broker ended the connection before TLS was agreed on: the listener does not speak TLS, or does not take the gateway's certificate: see the ports in kafka.brokers, and kafka.tls";
  if (/ALERT_(CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA)/.test(reason))
    return "the broker does not take the gateway's certificate: see kafka.tls.cert and key";
  return undefined;
}

/** True if the same batch can't be sent again by the same producer. */
export function losesSequence(error: PublishError): boolean {
  return sequenceLost.has(error.reason);
}

/** A broker's word, as the cause of a fault. */
class Answer extends Error {}

/** The error of a publisher for an error code that a broker has answered, of a topic or of all. */
export function describeCode(code: number, topic = ''): PublishError {
  const name = nameCode(code);
  return describeFault(name, `a broker answered ${name}`, topic, new Answer(name));
}

/** True if a broker has answered, so that the connection is not what is wrong. */
export function isAnswer(error: unknown): boolean {
  return error instanceof PublishError && error.cause instanceof Answer;
}

/** What is thrown and not expected is a fault, too. */
export function toFault(error: unknown): PublishError {
  if (error instanceof PublishError) return error;
  const message = errorText(error);
  return describeFault('UNEXPECTED', `the Kafka client failed: ${message}`, '', error);
}
