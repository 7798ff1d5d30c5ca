import { PublishError } from '../../core/model.js';
import { errorText } from '../../util/errors.js';
import { describeFault } from '../faults.js';

/** Says what a kafkajs error means, from its deepest cause: protocol code, then errno, then class. */
export function translateError(error: unknown, topic = ''): PublishError {
  if (error instanceof PublishError) return error;
  const cause = findCause(error);
  if (cause instanceof PublishError) return cause;
  const detail = errorText(cause);
  return describeFault(nameReason(cause), detail, topic, error);
}

function findCause(error: unknown): unknown {
  let deepest = error;
  for (let depth = 0; depth < 10 && deepest instanceof Error && !(deepest instanceof PublishError); depth++) {
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
      return nameConnectionReason(cause.message);
    case 'KafkaJSSASLAuthenticationError':
      return 'SASL_AUTHENTICATION_FAILED';
    case 'KafkaJSNotImplemented':
      return 'UNSUPPORTED_COMPRESSION_TYPE';
    default:
      return 'UNEXPECTED';
  }
}

/** One class for all, and no code but that of a socket. */
function nameConnectionReason(message: string): string {
  if (message === 'Connection timeout') return 'CONNECTION_TIMEOUT';
  // What is said behind it is the reason: a certificate that can't be read, for example.
  return message.startsWith('Failed to connect') ? 'UNEXPECTED' : 'CONNECTION_CLOSED';
}
