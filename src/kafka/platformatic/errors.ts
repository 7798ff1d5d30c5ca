import { PublishError } from '../../core/model.js';
import { errorText } from '../../util/errors.js';
import { describeFault } from '../faults.js';
import { AuthenticationError, NetworkError, ProtocolError, TimeoutError } from './library.js';

/** Says what an error of @platformatic/kafka means, from its deepest cause: protocol code, then errno, then class. */
export function translateError(error: unknown): PublishError {
  if (error instanceof PublishError) return error;
  const cause = findCause(error);
  if (cause instanceof PublishError) return cause;
  const detail = errorText(cause);
  return describeFault(nameReason(cause), detail, '', error);
}

/** The library wraps errors in a `cause`, or in a list. */
function findCause(error: unknown): unknown {
  let deepest = error;
  for (let depth = 0; depth < 10 && deepest instanceof Error && !(deepest instanceof PublishError); depth++) {
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
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && !code.startsWith('PLT_') ? code : 'UNEXPECTED';
}
