import { PublishError } from '../../model.js';

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

/** What to do about it, for the operator; `%` stands for the topic. */
const advice: { readonly [reason: string]: string | undefined } = {
  MESSAGE_TOO_LARGE: 'larger than max.message.bytes of topic %',
  RECORD_LIST_TOO_LARGE: 'larger than a segment (segment.bytes) of topic %',
  INVALID_RECORD: 'topic % does not take such a record (a validation of the broker)',
  INVALID_TIMESTAMP: 'its timestamp is outside of what topic % takes: compare the clocks of gateway and brokers',
  INVALID_TOPIC_EXCEPTION: '% is not a name that a topic may have',
  UNKNOWN_TOPIC_OR_PARTITION: "topic % isn't there: create it, or set kafka.topics.create: missing",
  TOPIC_AUTHORIZATION_FAILED: 'the user may not write to topic %: allow DESCRIBE and WRITE',
  CLUSTER_AUTHORIZATION_FAILED: 'the user lacks a right on the cluster: IDEMPOTENT_WRITE to write, CREATE for topics',
  NOT_ENOUGH_REPLICAS: 'topic % has fewer replicas in sync than min.insync.replicas',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'topic % has fewer replicas in sync than min.insync.replicas',
  SASL_AUTHENTICATION_FAILED: 'user name or password is wrong: see kafka.sasl',
  UNSUPPORTED_SASL_MECHANISM: 'the broker does not offer the mechanism: see kafka.sasl.mechanism',
  ECONNREFUSED: 'nothing listens there: see kafka.brokers, or start Kafka',
  ENOTFOUND: 'no such host: see kafka.brokers',
  CONNECTION_TIMEOUT: 'no connection in time: see kafka.brokers and the network between',
  REQUEST_TIMEOUT: 'the broker does not answer',
  CONNECTION_CLOSED: 'the broker closed the connection: it went away, or the listener wants TLS or SASL',
  DEPTH_ZERO_SELF_SIGNED_CERT: "the broker's certificate is not signed by a known authority: see kafka.tls.ca",
  SELF_SIGNED_CERT_IN_CHAIN: "the broker's certificate is not signed by a known authority: see kafka.tls.ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the broker's certificate is not signed by a known authority: see kafka.tls.ca",
  ERR_TLS_CERT_ALTNAME_INVALID: "the broker's certificate is for another host name: see kafka.brokers",
};

/** Says what a kafkajs error means, from its deepest cause: protocol code, then errno, then class. */
export function translateError(error: unknown, topic = ''): PublishError {
  if (error instanceof PublishError) return error;
  const cause = findCause(error);
  const reason = nameReason(cause);
  const kind = refusals.has(reason) ? 'refused' : 'unavailable';
  const detail = cause instanceof Error ? cause.message : String(cause);
  const known = advice[reason]?.replaceAll('%', topic);
  const verb = kind === 'refused' ? 'Kafka refuses the record' : 'Kafka is not available';
  return new PublishError(kind, reason, `${verb}: ${known ? `${known} (${reason})` : detail}`, { cause: error });
}

/** True if the same batch can't be sent again by the same producer. */
export function losesSequence(error: PublishError): boolean {
  return sequenceLost.has(error.reason);
}

/** True if a broker has answered, so that the connection is not what is wrong. */
export function isAnswer(error: PublishError): boolean {
  return isProtocolError(findCause(error));
}

function isProtocolError(cause: unknown): boolean {
  return cause instanceof Error && 'type' in cause && typeof cause.type === 'string';
}

function findCause(error: unknown): unknown {
  let deepest = error;
  for (let depth = 0; depth < 10 && deepest instanceof Error; depth++) {
    if (deepest.cause === undefined || deepest.cause === deepest) break;
    deepest = deepest.cause;
  }
  return deepest;
}

/** kafkajs' `retriable` is not asked: it says no to refused connections and yes to a closed producer. */
function nameReason(cause: unknown): string {
  if (!(cause instanceof Error)) return 'UNEXPECTED';
  if ('type' in cause && typeof cause.type === 'string') return cause.type;
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  switch (cause.name) {
    case 'KafkaJSRequestTimeoutError':
      return 'REQUEST_TIMEOUT';
    case 'KafkaJSConnectionClosedError':
      return 'CONNECTION_CLOSED';
    case 'KafkaJSConnectionError':
      return 'CONNECTION_TIMEOUT';
    case 'KafkaJSSASLAuthenticationError':
      return 'SASL_AUTHENTICATION_FAILED';
    default:
      return cause.message === 'Broker not connected' ? 'NOT_CONNECTED' : 'UNEXPECTED';
  }
}
