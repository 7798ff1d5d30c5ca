import { PublishError } from '../../model.js';
import { describeFault } from '../faults.js';
import { AuthenticationError, NetworkError, ProtocolError, protocolErrorsCodesById, TimeoutError } from './library.js';

/** Says what an error of @platformatic/kafka means, from its deepest cause: protocol code, then errno, then class. */
export function translateError(error: unknown, topic = ''): PublishError {
  if (error instanceof PublishError) return error;
  const cause = findCause(error);
  const detail = cause instanceof Error ? cause.message : String(cause);
  return describeFault(nameReason(cause), detail, topic, error);
}

/** What the library would throw for an error code, did it know all of them. */
class AnsweredError extends Error {}

/** Says what an error code means that a broker has answered for a topic. */
export function translateCode(code: number, topic: string): PublishError {
  const name = nameCode(code);
  return describeFault(name, `a broker answered ${name}`, topic, new AnsweredError(name));
}

/** Kafka's name of an error code of its protocol. */
export function nameCode(code: number): string {
  const names: { readonly [code: string]: string | undefined } = protocolErrorsCodesById;
  return names[code] ?? `KAFKA_ERROR_${code}`;
}

/** True if a broker has answered, so that the connection is not what is wrong. */
export function isAnswer(error: unknown): boolean {
  const cause = findCause(error);
  return cause instanceof ProtocolError || cause instanceof AnsweredError;
}

/** The library wraps errors in a `cause`, or in a list. */
function findCause(error: unknown): unknown {
  let deepest = error;
  for (let depth = 0; depth < 10 && deepest instanceof Error; depth++) {
    const next: unknown = deepest instanceof AggregateError ? deepest.errors[0] : deepest.cause;
    if (next === undefined || next === deepest) break;
    deepest = next;
  }
  return deepest;
}

/** Neither `canRetry` nor the library's own `code` is asked: a timeout has the code of a network error, and can't be retried. */
function nameReason(cause: unknown): string {
  if (cause instanceof ProtocolError) return String(cause.apiId);
  if (cause instanceof TimeoutError) return 'CONNECTION_TIMEOUT';
  if (cause instanceof AuthenticationError) return 'SASL_AUTHENTICATION_FAILED';
  if (cause instanceof NetworkError) return 'CONNECTION_CLOSED';
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return 'UNEXPECTED';
}
