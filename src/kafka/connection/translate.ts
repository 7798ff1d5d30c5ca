import { PublishError } from '../../core/model.js';
import { describeFault } from '../faults.js';

/** Says what an error of a socket means; a `PublishError` stays what it is. */
export function translateError(error: unknown): PublishError {
  if (error instanceof PublishError) return error;
  // Of each address that a host has.
  const cause: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  if (!(cause instanceof Error)) return describeFault('UNEXPECTED', String(cause), '', error);
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'UNEXPECTED';
  return describeFault(code, cause.message, '', error);
}
